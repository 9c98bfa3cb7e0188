#include "model/gateway.h"

#include <stdlib.h>
#include <string.h>

const struct gateway_variable *gateway_find_variable(const struct gateway *g, const char *name)
{
    for (size_t i = 0; i < g->variable_count; i++) {
        if (strcmp(g->variables[i].name, name) == 0)
            return &g->variables[i];
    }
    return NULL;
}

const struct gateway_map *gateway_find_map(const struct gateway *g, const char *name)
{
    for (size_t i = 0; i < g->map_count; i++) {
        if (strcmp(g->maps[i].name, name) == 0)
            return &g->maps[i];
    }
    return NULL;
}

static void free_variables(struct gateway *g)
{
    for (size_t i = 0; i < g->variable_count; i++) {
        free(g->variables[i].name);
        free(g->variables[i].value);
    }
    free(g->variables);
}

static void free_answers(struct gateway *g)
{
    for (size_t i = 0; i < g->answer_count; i++)
        gateway_predicate_free(&g->answers[i]);
    free(g->answers);
}

static void free_maps(struct gateway *g)
{
    for (size_t i = 0; i < g->map_count; i++)
        gateway_map_free(&g->maps[i]);
    free(g->maps);
}

static void free_request(struct gateway *g)
{
    gateway_auth_free(&g->auth);
    gateway_node_free(&g->headers);
    gateway_node_free(&g->query);
    gateway_node_free(&g->form);
    gateway_node_free(&g->json);
    free(g->method);
    free(g->url);
    free(g->body_text);
}

static void free_response(struct gateway *g)
{
    gateway_extractor_free(&g->id);
    gateway_extractor_free(&g->parts);
    gateway_extractor_free(&g->error_code);
    gateway_extractor_free(&g->error_text);
    free_answers(g);
}

void gateway_free(struct gateway *g)
{
    if (g == NULL)
        return;
    free_variables(g);
    free_maps(g);
    free_request(g);
    free_response(g);
    gateway_report_free(g->report);
    free(g->name);
    free(g->file);
    free(g);
}
