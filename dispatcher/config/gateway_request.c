#include "config/gateway_request.h"

#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "config/checks.h"
#include "config/gateway_node.h"
#include "config/gateway_template.h"

/* ---- maps ---- */

static void read_map(struct load *l, const char *file, const struct yaml_node *node,
                     struct gateway_map *out)
{
    struct error why = {0};
    out->name = xstrdup(node->key);
    if (check_name(node->key, &why) != 0)
        load_problem(l, place_of_key(file, node), "`%s`: %s", node->key, why.text);
    if (node->kind != YAML_MAP) {
        load_problem(l, place_of(file, node), "a map is {from: to, ...}");
        return;
    }
    out->entries = xcalloc(node->count + 1, sizeof(*out->entries));
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *entry = node->items[i];
        if (entry->kind != YAML_SCALAR)
            load_problem(l, place_of(file, entry), "an entry of a map is a text");
        else
            out->entries[out->count++] =
                (struct gateway_map_entry){xstrdup(entry->key), xstrdup(entry->text)};
    }
}

void gateway_read_maps(struct load *l, const char *file, const struct yaml_node *maps,
                       struct gateway *g)
{
    if (maps == NULL || maps->kind != YAML_MAP)
        return;
    g->maps = xcalloc(maps->count + 1, sizeof(*g->maps));
    for (size_t i = 0; i < maps->count; i++)
        read_map(l, file, maps->items[i], &g->maps[g->map_count++]);
}

/* ---- the URL ---- */

/* What decides who gets the request must not depend on a message. */
static bool host_is_fixed(const char *url, size_t first_tag)
{
    const char *scheme = strstr(url, "://");
    const char *path = scheme != NULL ? strpbrk(scheme + 3, "/?") : NULL;
    return first_tag > strlen(url) || (path != NULL && (size_t)(path - url) < first_tag);
}

static void check_expanded_url(struct load *l, struct place place, const struct gateway *g)
{
    struct error why = {0};
    struct buf expanded = {0};
    size_t first = gateway_expand_variables(g, g->url, &expanded);
    if (!host_is_fixed(buf_text(&expanded), first))
        load_problem(l, place, "the host of the URL cannot depend on the message");
    else if (check_url(buf_text(&expanded), &why) != 0)
        load_problem(l, place, "`request.url` with the variables of this transport: %s", why.text);
    buf_free(&expanded);
}

static void read_url(struct load *l, const char *file, const struct yaml_node *url, bool tolerant,
                     struct gateway *g)
{
    if (url == NULL || url->kind != YAML_SCALAR || g->url == NULL)
        return;
    gateway_check_template(l, place_of(file, url), g, g->url, SCOPE_URL);
    if (!tolerant && !l->without_secrets)
        check_expanded_url(l, place_of(file, url), g);
}

/* ---- the body ---- */

static void read_body_text(struct load *l, const char *file, const struct yaml_node *body,
                           struct gateway *g)
{
    if (body->kind != YAML_SCALAR) {
        load_problem(l, place_of(file, body), "`body` must be a text");
        return;
    }
    g->body_text = xstrdup(body->text);
    gateway_check_template(l, place_of(file, body), g, g->body_text, SCOPE_FIELD);
}

static void read_body(struct load *l, const char *file, const struct yaml_node *request,
                      struct gateway *g)
{
    static const struct {
        const char *key;
        enum gateway_body kind;
    } bodies[] = {
        {"form", GATEWAY_BODY_FORM}, {"json", GATEWAY_BODY_JSON}, {"body", GATEWAY_BODY_TEXT}};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        const struct yaml_node *node = yaml_get(request, bodies[i].key);
        if (node == NULL)
            continue;
        if (g->body_kind != GATEWAY_BODY_NONE)
            load_problem(l, place_of_key(file, node),
                         "a request has one of `form`, `json` and `body`, not both");
        g->body_kind = bodies[i].kind;
    }
    if (yaml_get(request, "form") != NULL)
        gateway_read_fields(l, file, yaml_get(request, "form"), g, SCOPE_FIELD, &g->form);
    if (yaml_get(request, "json") != NULL)
        gateway_read_json(l, file, yaml_get(request, "json"), g, &g->json);
    if (yaml_get(request, "body") != NULL)
        read_body_text(l, file, yaml_get(request, "body"), g);
}

void gateway_read_request(struct load *l, const char *file, const struct yaml_node *request,
                          bool tolerant, struct gateway *g)
{
    if (request == NULL || request->kind != YAML_MAP)
        return;
    read_url(l, file, yaml_get(request, "url"), tolerant, g);
    gateway_read_fields(l, file, yaml_get(request, "headers"), g, SCOPE_TEXT, &g->headers);
    gateway_read_fields(l, file, yaml_get(request, "query"), g, SCOPE_FIELD, &g->query);
    read_body(l, file, request, g);
    if (g->method != NULL && strcmp(g->method, "GET") == 0 && g->body_kind != GATEWAY_BODY_NONE)
        load_problem(l, place_of_key(file, request),
                     "a GET request has no body: use `query`, or `method: POST`");
}
