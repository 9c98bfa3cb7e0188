#include "config/gateway.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "config/checks.h"
#include "config/gateway_answer.h"
#include "config/gateway_request.h"
#include "config/gateway_template.h"
#include "config/path.h"
#include "config/secret.h"
#include "config/value.h"
#include "model/gateway_template.h"

static const char *const profile_names[] = {"gsm", "euc-kr", "cp949", NULL};

static int check_method(const char *text, struct error *err)
{
    if (strcmp(text, "GET") == 0 || strcmp(text, "POST") == 0)
        return 0;
    return error_set(err, ERR_INPUT, "must be GET or POST, not `%s`", text);
}

#define IN(m) .offset = offsetof(struct gateway, m)

static const struct param rows[] = {
    {.key = "gateway",
     .type = PARAM_TEXT,
     .required = true,
     .check = check_name,
     IN(name),
     .about = "Name of the gateway, the same as that of the file."},
    {.key = "vars.*", .type = PARAM_SUBTREE},
    {.key = "certified",
     .type = PARAM_BOOLEAN,
     .fallback = "false",
     IN(certified),
     .about = "Its provider has the Korean certificate for advertising to many."},
    {.key = "limits.timeout",
     .type = PARAM_DURATION,
     .fallback = "10s",
     .min = 100,
     .max = 300000,
     IN(timeout_ms),
     .about = "How long one request may take in all."},
    {.key = "text.profile",
     .type = PARAM_CHOICE,
     .fallback = "gsm",
     .choices = profile_names,
     IN(profile),
     .about = "How the gateway counts the length of a text."},
    {.key = "text.max_segments",
     .type = PARAM_INTEGER,
     .fallback = "6",
     .min = 1,
     .max = 255,
     IN(max_segments),
     .about = "Longer texts are refused before they are sent."},
    {.key = "request.method",
     .type = PARAM_TEXT,
     .required = true,
     .check = check_method,
     IN(method),
     .about = "GET or POST."},
    {.key = "request.url",
     .type = PARAM_TEXT,
     .required = true,
     IN(url),
     .about = "Where requests go; variables only."},
    {.key = "request.headers.*", .type = PARAM_SUBTREE},
    {.key = "request.query.*", .type = PARAM_SUBTREE},
    {.key = "request.form.*", .type = PARAM_SUBTREE},
    {.key = "request.body",
     .type = PARAM_TEXT,
     IN(body_text),
     .about = "Body of a POST, instead of a form."},
    {.key = "response.answers", .type = PARAM_SUBTREE},
};
static const struct param_table table = {rows, COUNT_OF(rows)};

static const struct param name_row = {.key = "gateway",
                                      .type = PARAM_TEXT,
                                      .check = check_name,
                                      .about = "Name of the description: gateways/NAME.yaml."};

struct gateway *gateway_default(void)
{
    struct gateway *g = xcalloc(1, sizeof(*g));
    g->name = xstrdup("outbox");
    g->profile = LENGTH_GSM;
    g->max_segments = 6;
    g->method = xstrdup("POST");
    g->url = xstrdup("");
    return g;
}

/* ---- variables ---- */

/* Where variables come from: the transport first, then the description. */
struct variables {
    struct section set;       /* `vars` of the transport; map may be NULL */
    struct section described; /* `vars` of the description */
    struct place missing;     /* where a variable that is not set should stand */
    bool tolerant;
};

/* {required: text} or {required: secret}: "text", "secret", or NULL. */
static const char *required_kind(const struct yaml_node *node)
{
    const char *kind = node->count == 1 ? yaml_text(node, "required") : NULL;
    if (kind == NULL || (strcmp(kind, "text") != 0 && strcmp(kind, "secret") != 0))
        return NULL;
    return kind;
}

static bool is_secret(const struct yaml_node *described)
{
    const char *kind = required_kind(described);
    return secret_is_reference(described) || (kind != NULL && strcmp(kind, "secret") == 0);
}

static void read_default(struct load *l, const struct variables *v,
                         const struct yaml_node *described, char **target)
{
    const char *kind = required_kind(described);
    if (kind == NULL) {
        reader_read_free(l, &v->described, described, described->key, false, target);
    } else if (!v->tolerant) {
        load_problem(l, v->missing,
                     "`%s%s` is missing (%s:%d requires it): write `%s: %s` below `vars`",
                     v->set.prefix, described->key, v->described.file, described->key_line,
                     described->key, strcmp(kind, "secret") == 0 ? "{file: PATH}" : "...");
    }
}

static void read_variable(struct load *l, const struct variables *v,
                          const struct yaml_node *described, const struct yaml_node *set,
                          struct gateway_variable *out)
{
    struct error why = {0};
    enum gateway_name name;
    struct place place = place_of_key(v->described.file, described);
    if (check_name(described->key, &why) != 0)
        load_problem(l, place, "`%s`: %s", described->key, why.text);
    else if (gateway_name_parse(described->key, &name))
        load_problem(l, place, "`%s` is a part of every message; name the variable otherwise",
                     described->key);
    out->name = xstrdup(described->key);
    out->secret = is_secret(described) || (set != NULL && secret_is_reference(set));
    if (set != NULL)
        reader_read_free(l, &v->set, set, set->key, out->secret, &out->value);
    else
        read_default(l, v, described, &out->value);
    if (out->value == NULL)
        out->value = xstrdup("");
}

/* Every variable the transport sets must be one of the description. */
static void check_set_names(struct load *l, const struct variables *v, const struct gateway *g)
{
    const char **names = xcalloc(g->variable_count + 1, sizeof(*names));
    for (size_t i = 0; i < g->variable_count; i++)
        names[i] = g->variables[i].name;
    for (size_t i = 0; i < v->set.map->count; i++) {
        const struct yaml_node *node = v->set.map->items[i];
        if (yaml_get(v->described.map, node->key) == NULL)
            load_unknown(l, place_of_key(v->set.file, node), "variable", node->key, names,
                         g->variable_count);
    }
    free(names);
}

static void read_variables(struct load *l, const struct variables *v, struct gateway *g)
{
    const struct yaml_node *described = v->described.map;
    const struct yaml_node *set = v->set.map;
    bool without_secrets = l->without_secrets;
    size_t count = described != NULL && described->kind == YAML_MAP ? described->count : 0;
    g->variables = xcalloc(count + 1, sizeof(*g->variables));
    l->without_secrets = without_secrets || v->tolerant;
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *node = described->items[i];
        read_variable(l, v, node, yaml_get(set, node->key), &g->variables[g->variable_count++]);
    }
    l->without_secrets = without_secrets;
    check_set_names(l, v, g);
}

static void find_variables(struct variables *v, const struct section *transport,
                           const struct section *description)
{
    const struct yaml_node *vars = yaml_get(transport->map, "vars");
    static const struct yaml_node nothing = {.kind = YAML_MAP};
    bool usable = vars != NULL && vars->kind == YAML_MAP; /* if not, reader_read() has said so */
    v->set.map = usable ? vars : &nothing;
    v->missing = place_of_key(transport->file, usable ? vars : transport->map);
    v->described = *description;
    v->described.map = yaml_get(description->map, "vars");
    v->described.prefix = v->set.prefix;
    v->described.shown = transport->shown;
}

/* ---- the rest ---- */

static void check_url_of(struct load *l, const char *file, const struct yaml_node *request,
                         const struct gateway *g, bool tolerant)
{
    const struct yaml_node *url = yaml_get(request, "url");
    struct error why = {0};
    struct buf expanded = {0};
    if (g->url == NULL || url == NULL)
        return;
    gateway_check_template(l, place_of(file, url), g, g->url, true);
    gateway_expand_variables(g, g->url, &expanded);
    if (!tolerant && !l->without_secrets && check_url(buf_text(&expanded), &why) != 0)
        load_problem(l, place_of(file, url),
                     "`request.url` with the variables of this transport: %s", why.text);
    buf_free(&expanded);
}

static void check_body(struct load *l, const char *file, const struct yaml_node *request,
                       struct gateway *g)
{
    const struct yaml_node *body = yaml_get(request, "body");
    g->body_kind = GATEWAY_BODY_NONE;
    if (g->form_count > 0)
        g->body_kind = GATEWAY_BODY_FORM;
    if (body == NULL || g->body_text == NULL)
        return;
    gateway_check_template(l, place_of(file, body), g, g->body_text, false);
    if (g->body_kind == GATEWAY_BODY_FORM)
        load_problem(l, place_of_key(file, body), "a request has a `form` or a `body`, not both");
    g->body_kind = GATEWAY_BODY_TEXT;
}

static void check_whole(struct load *l, const char *file, const struct yaml_node *root,
                        const char *wanted, const struct gateway *g)
{
    const struct yaml_node *name = yaml_get(root, "gateway");
    const struct yaml_node *request = yaml_get(root, "request");
    if (g->name != NULL && name != NULL && strcmp(g->name, wanted) != 0)
        load_problem(l, place_of(file, name), "`gateway` must be `%s`, like the file", wanted);
    if (g->method != NULL && strcmp(g->method, "GET") == 0 && g->body_kind != GATEWAY_BODY_NONE)
        load_problem(l, place_of_key(file, request),
                     "a GET request has no body: use `query`, or "
                     "`method: POST`");
}

static void read_file(struct load *l, const struct section *transport, const char *wanted,
                      struct variables *v, struct gateway *g)
{
    const struct yaml_node *name = yaml_get(transport->map, "gateway");
    const struct yaml_node *root = load_tree(l, g->file, place_of(transport->file, name));
    if (root == NULL)
        return;
    char *directory = path_directory(g->file);
    const struct section description = {.file = g->file,
                                        .directory = load_keep(l, directory),
                                        .prefix = "",
                                        .map = root,
                                        .description = "a gateway description"};
    const struct yaml_node *request = yaml_get(root, "request");
    free(directory);
    reader_read(l, &description, &table, g);
    find_variables(v, transport, &description);
    read_variables(l, v, g);
    gateway_read_request(l, g->file, request, g);
    gateway_read_answers(l, g->file, root, g);
    check_body(l, g->file, request, g);
    check_url_of(l, g->file, request, g, v->tolerant);
    check_whole(l, g->file, root, wanted, g);
}

/* The name of the description; NULL after a problem. */
static const char *description_name(struct load *l, const struct section *transport,
                                    const char *directory)
{
    const struct yaml_node *node = yaml_get(transport->map, "gateway");
    struct error why = {0};
    if (node == NULL) {
        load_problem(l, place_of_key(transport->file, transport->map),
                     "`%sgateway` is missing: the name of a description in %s", transport->prefix,
                     directory);
        return NULL;
    }
    const char *name = node->kind == YAML_SCALAR ? node->text : "";
    if (check_name(name, &why) == 0)
        return name;
    load_problem(l, place_of(transport->file, node), "`%sgateway`: %s", transport->prefix,
                 why.text);
    return NULL;
}

void gateway_read(struct load *l, const struct section *transport, const char *directory,
                  bool tolerant, struct gateway **out)
{
    size_t problems = l->problem_count;
    struct buf prefix = {0}, file = {0};
    const char *name = description_name(l, transport, directory);
    *out = NULL;
    if (name == NULL)
        return;

    struct gateway *g = xcalloc(1, sizeof(*g));
    struct variables v = {.set = *transport, .tolerant = tolerant};
    buf_printf(&prefix, "%svars.", transport->prefix);
    buf_printf(&file, "%s/%s.yaml", directory, name);
    v.set.prefix = prefix.data;
    g->file = buf_steal(&file);
    read_file(l, transport, name, &v, g);
    if (l->problem_count == problems) {
        reader_read_one(l, transport, yaml_get(transport->map, "gateway"), &name_row, "gateway",
                        &g->name);
        *out = g;
    } else {
        gateway_free(g);
    }
    buf_free(&prefix);
}
