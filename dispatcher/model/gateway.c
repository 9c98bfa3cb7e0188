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

static void free_fields(struct gateway_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(fields[i].name);
        free(fields[i].value);
        free(fields[i].when_encoding);
    }
    free(fields);
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

void gateway_free(struct gateway *g)
{
    if (g == NULL)
        return;
    free_variables(g);
    free_fields(g->headers, g->header_count);
    free_fields(g->query, g->query_count);
    free_fields(g->form, g->form_count);
    free_answers(g);
    free(g->name);
    free(g->file);
    free(g->method);
    free(g->url);
    free(g->body_text);
    gateway_report_free(g->report);
    free(g);
}
