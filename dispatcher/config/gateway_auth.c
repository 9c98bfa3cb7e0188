#include "config/gateway_auth.h"

#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "config/checks.h"
#include "config/gateway_node.h"
#include "config/gateway_template.h"
#include "config/reader.h"

static const char *const kind_names[GATEWAY_AUTH_KINDS + 1] = {
    "none", "basic", "bearer", "header", "query", "hmac", "aws-sigv4", NULL};
static const char *const hash_names[] = {"sha256", "sha1", NULL};
static const char *const encoding_names[] = {"hex", "base64", NULL};

#define IN(m) .offset = offsetof(struct gateway_auth, m)

static const struct param rows[] = {
    {.key = "kind",
     .type = PARAM_CHOICE,
     .fallback = "none",
     .choices = kind_names,
     IN(kind),
     .about = "How the gateway knows us."},
    {.key = "user", .type = PARAM_TEXT, IN(user), .about = "Template."},
    {.key = "password", .type = PARAM_TEXT, IN(password), .about = "Template."},
    {.key = "token", .type = PARAM_TEXT, IN(token), .about = "Template."},
    {.key = "name", .type = PARAM_TEXT, IN(name), .about = "Of the header or field."},
    {.key = "value", .type = PARAM_TEXT, IN(value), .about = "Template."},
    {.key = "algorithm",
     .type = PARAM_CHOICE,
     .fallback = "sha256",
     .choices = hash_names,
     IN(algorithm),
     .about = "Hash of the signature."},
    {.key = "key", .type = PARAM_TEXT, IN(key), .about = "Template: the secret of the signature."},
    {.key = "data", .type = PARAM_SUBTREE},
    {.key = "encode",
     .type = PARAM_CHOICE,
     .fallback = "hex",
     .choices = encoding_names,
     IN(encode),
     .about = "How the signature is written."},
    {.key = "headers.*", .type = PARAM_SUBTREE},
    {.key = "region", .type = PARAM_TEXT, IN(region), .about = "Template."},
    {.key = "service", .type = PARAM_TEXT, IN(service), .about = "Template."},
    {.key = "access_key", .type = PARAM_TEXT, IN(access_key), .about = "Template."},
    {.key = "secret_key", .type = PARAM_TEXT, IN(secret_key), .about = "Template."},
};
static const struct param_table table = {rows, COUNT_OF(rows)};

#define KIND(name)  (1u << GATEWAY_AUTH_##name)
#define NAMED_KINDS (KIND(HEADER) | KIND(QUERY))

/* Which kinds a key belongs to, and which cannot do without. */
static const struct {
    const char *key;
    unsigned kinds, needed;
} keys[] = {
    {"user", KIND(BASIC), KIND(BASIC)},
    {"password", KIND(BASIC), KIND(BASIC)},
    {"token", KIND(BEARER), KIND(BEARER)},
    {"name", NAMED_KINDS, NAMED_KINDS},
    {"value", NAMED_KINDS, NAMED_KINDS},
    {"algorithm", KIND(HMAC), 0},
    {"key", KIND(HMAC), KIND(HMAC)},
    {"data", KIND(HMAC), KIND(HMAC)},
    {"encode", KIND(HMAC), 0},
    {"headers", KIND(HMAC), KIND(HMAC)},
    {"region", KIND(SIGV4), KIND(SIGV4)},
    {"service", KIND(SIGV4), KIND(SIGV4)},
    {"access_key", KIND(SIGV4), KIND(SIGV4)},
    {"secret_key", KIND(SIGV4), KIND(SIGV4)},
};

static void check_keys_of_kind(struct load *l, const char *file, const struct yaml_node *node,
                               enum gateway_auth_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const struct yaml_node *member = yaml_get(node, keys[i].key);
        if (member != NULL && (keys[i].kinds & (1u << kind)) == 0)
            load_problem(l, place_of_key(file, member), "`%s` is no part of `kind: %s`",
                         keys[i].key, kind_names[kind]);
        else if (member == NULL && (keys[i].needed & (1u << kind)) != 0)
            load_problem(l, place_of_key(file, node), "`auth.%s` is missing: `kind: %s` needs it",
                         keys[i].key, kind_names[kind]);
    }
}

static void check_texts(struct load *l, const char *file, const struct yaml_node *node,
                        struct gateway *g)
{
    const struct gateway_auth *a = &g->auth;
    const struct {
        const char *key, *text;
        enum template_scope scope;
    } texts[] = {
        {"user", a->user, SCOPE_TEXT},
        {"password", a->password, SCOPE_TEXT},
        {"token", a->token, SCOPE_TEXT},
        {"value", a->value, SCOPE_TEXT},
        {"key", a->key, SCOPE_TEXT},
        {"data", a->data, SCOPE_SIGNED},
        {"region", a->region, SCOPE_TEXT},
        {"service", a->service, SCOPE_TEXT},
        {"access_key", a->access_key, SCOPE_TEXT},
        {"secret_key", a->secret_key, SCOPE_TEXT},
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        const struct yaml_node *member = yaml_get(node, texts[i].key);
        if (member != NULL && texts[i].text != NULL)
            gateway_check_template(l, place_of(file, member), g, texts[i].text, texts[i].scope);
    }
}

/* Signed text may hold line ends. */
static void read_data(struct load *l, const char *file, const struct yaml_node *data,
                      struct gateway *g)
{
    if (data != NULL && data->kind == YAML_SCALAR)
        g->auth.data = xstrdup(data->text);
    else if (data != NULL)
        load_problem(l, place_of(file, data), "`auth.data` must be a text");
}

static void check_name_of_kind(struct load *l, const char *file, const struct yaml_node *name,
                               const struct gateway_auth *a)
{
    struct error why = {0};
    if (a->kind == GATEWAY_AUTH_HEADER && a->name != NULL && check_header_name(a->name, &why) != 0)
        load_problem(l, place_of(file, name), "header `%s` %s", a->name, why.text);
}

void gateway_read_auth(struct load *l, const char *file, const struct yaml_node *auth,
                       struct gateway *g)
{
    const struct section section = {
        .file = file, .prefix = "auth.", .map = auth, .description = "auth"};
    size_t problems = l->problem_count;
    if (auth == NULL)
        return;
    reader_read(l, &section, &table, &g->auth);
    if (auth->kind != YAML_MAP)
        return;
    read_data(l, file, yaml_get(auth, "data"), g);
    gateway_read_fields(l, file, yaml_get(auth, "headers"), g, SCOPE_SIGNATURE, &g->auth.headers);
    if (l->problem_count == problems) /* a misspelt kind makes every key look wrong */
        check_keys_of_kind(l, file, auth, g->auth.kind);
    check_name_of_kind(l, file, yaml_get(auth, "name"), &g->auth);
    check_texts(l, file, auth, g);
    if (g->auth.kind == GATEWAY_AUTH_HMAC && !g->uses[GATEWAY_NAME_SIGNATURE])
        load_problem(l, place_of_key(file, auth), "no header of `auth.headers` has {{signature}}");
}
