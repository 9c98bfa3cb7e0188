/*
 * dispatcher.yaml and rules.yaml as JSON Schema. Dotted keys become objects: all rows with the same
 * beginning are one. A row of a transport stands for every type of it; which keys go with which
 * type is for the reading to say.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/json_schema.h"
#include "config/config.h"
#include "config/config_schema_value.h"
#include "config/describe.h"
#include "config/params.h"
#include "config/rules.h"

/* ---- one value ---- */

static void put_sentences(const struct param *row, struct buf *out)
{
    struct buf range = {0}, holders = {0};
    describe_put_range(row, &range);
    describe_put_holders(row, &holders);
    buf_printf(out, "%s%s", out->len > 0 ? " " : "", row->about);
    if (holders.len > 0)
        buf_printf(out, " Only with %s.", holders.data);
    if (range.len > 0)
        buf_printf(out, " From %s.", range.data);
    if (row->fallback != NULL)
        buf_printf(out, " Unless set: %s.", row->fallback);
    buf_free(&range);
    buf_free(&holders);
}

/* Behind what was put last, into the same object: all that the rows of this key say. */
static void put_about(const struct param_table *t, const char *key, struct buf *out)
{
    struct buf about = {0};
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->rows[i].key, key) == 0 && t->rows[i].about != NULL)
            put_sentences(&t->rows[i], &about);
    }
    if (about.len > 0 && out->data[out->len - 1] == '}') {
        out->len--;
        buf_puts(out, ",\"description\":");
        buf_put_json(out, about.data);
        buf_putc(out, '}');
    }
    buf_free(&about);
}

/* ---- maps of free names, and what stands in them ---- */

static void put_table(const struct param_table *t, struct buf *out);

#define LINE   "{\"$ref\":\"#/$defs/line\"}"
#define SECRET "{\"$ref\":\"#/$defs/secret\"}"
#define CHANNELS                                                                                   \
    "{\"type\":\"array\",\"minItems\":1,\"items\":{\"enum\":[\"email\",\"sms\",\"webhook\"]}}"
#define NAMES    "^[A-Za-z0-9_-]{1,64}$"
#define PREFIXES "[+][1-9][0-9]{0,14}"
#define LANGUAGE "[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*"
#define FIELD    "[a-z][a-z0-9_]*"

#define NAME "{\"type\":[\"string\",\"number\",\"boolean\"],\"pattern\":\"" NAMES "\"}"

/* The fields of one language; what is the same in all is a value. */
#define FIELDS                                                                                     \
    "{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"^" FIELD "$\"},"                        \
    "\"additionalProperties\":{\"anyOf\":[" LINE "," SECRET "]}}"

/* One value of a map of free names, or a list: a value, a map by a table, or either. */
static const struct free_names {
    const struct param_table *in;
    const char *key;
    const char *names; /* what each is called; NULL: anything */
    const struct param *value;
    const struct param_table *table;
    const char *piece;
} free_names[] = {
    {.in = &params_top,
     .key = "organisation.*",
     .names = "^(" FIELD "|" LANGUAGE ")$",
     .value = &param_free_text,
     .piece = FIELDS},
    {.in = &params_top, .key = "campaigns.roles.*", .names = NAMES, .table = &params_role},
    {.in = &params_top, .key = "transports.*", .names = NAMES, .table = &params_transport},
    {.in = &params_top, .key = "endpoints.*", .names = NAMES, .table = &params_endpoint},
    {.in = &params_transport,
     .key = "domains.*",
     .names = "^[A-Za-z0-9.-]{1,253}$",
     .value = &param_domain_rate,
     .table = &params_domain},
    {.in = &params_transport,
     .key = "windows.*",
     .names = "^[A-Z]{2}$",
     .value = &param_country_window},
    {.in = &params_transport,
     .key = "senders.*",
     .names = "^" PREFIXES "$",
     .value = &param_sms_sender},
    {.in = &params_transport,
     .key = "prices.*",
     .names = "^(default|" PREFIXES ")$",
     .value = &param_sms_price,
     .table = &params_price},
    {.in = &params_transport, .key = "vars.*", .value = &param_free_text, .piece = SECRET},
    {.in = &params_transport, .key = "gateway", .piece = NAME},
    {.in = &params_endpoint,
     .key = "headers.*",
     .names = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$",
     .value = &param_free_text,
     .piece = SECRET},
    {.in = &rules_file_table, .key = "schema", .piece = SCHEMA_ONE},
    {.in = &rules_file_table, .key = "locale.aliases.*", .value = &param_free_text},
    {.in = &rules_rule_table, .key = "then.channels", .piece = CHANNELS},
    {.in = &rules_rule_table, .key = "then.confirm", .piece = CHANNELS},
    {.in = &rules_rule_table,
     .key = "then.all_channels",
     .piece = "{\"enum\":[true,false,\"true\",\"false\"]}"},
    {.in = &rules_rule_table,
     .key = "then.after.*",
     .names = "^(email|sms|webhook)$",
     .value = &rules_after_row},
};

static void put_free(const struct free_names *f, struct buf *out)
{
    const char *comma = "";
    buf_puts(out, "{\"anyOf\":[");
    if (f->value != NULL) {
        config_schema_put_value(f->value, out);
        comma = ",";
    }
    if (f->table != NULL) {
        buf_puts(out, comma);
        put_table(f->table, out);
        comma = ",";
    }
    if (f->piece != NULL)
        buf_printf(out, "%s%s", comma, f->piece);
    buf_puts(out, "]}");
}

static void put_list_of(const struct param_table *t, const char *more, struct buf *out)
{
    buf_printf(out, "{\"type\":\"array\",%s\"items\":", more);
    put_table(t, out);
    buf_putc(out, '}');
}

static const struct free_names *find_free(const struct param_table *t, const char *key)
{
    for (size_t i = 0; i < COUNT_OF(free_names); i++) {
        if (free_names[i].in == t && strcmp(free_names[i].key, key) == 0)
            return &free_names[i];
    }
    return NULL;
}

/* What the code reads that a row only names. */
static void put_subtree(const struct param_table *t, const char *key, struct buf *out)
{
    const struct free_names *f = find_free(t, key);
    if (f != NULL)
        put_free(f, out);
    else if (t == &params_transport && strcmp(key, "hosts") == 0)
        put_list_of(&params_host, "\"minItems\":1,", out);
    else if (t == &rules_file_table && strcmp(key, "rules") == 0)
        put_list_of(&rules_rule_table, "", out);
    else
        buf_puts(out, SCHEMA_ANY);
}

/* The same as the end of the object it stands in. */
static void put_others(const struct param_table *t, const char *key, struct buf *out)
{
    const struct free_names *f = find_free(t, key);
    if (f != NULL && f->names != NULL) {
        buf_puts(out, "\"propertyNames\":{\"pattern\":");
        buf_put_json(out, f->names);
        buf_puts(out, "},");
    }
    buf_puts(out, "\"additionalProperties\":");
    put_subtree(t, key, out);
}

/* ---- a table ---- */

/* The rows that begin with `prefix`, as one object. */
struct level {
    const struct param_table *table;
    const char *prefix;
    struct buf *out;
};

static const char *below(const struct level *l, size_t index)
{
    const char *key = l->table->rows[index].key;
    size_t len = strlen(l->prefix);
    return strncmp(key, l->prefix, len) == 0 ? key + len : NULL;
}

static bool was_put(const struct level *l, size_t index, const char *name, size_t len)
{
    for (size_t i = 0; i < index; i++) {
        const char *other = below(l, i);
        if (other != NULL && strcspn(other, ".") == len && strncmp(other, name, len) == 0)
            return true;
    }
    return false;
}

/* The row that is `name` itself, and whether others stand below it. */
static const struct param *own_row(const struct level *l, const char *name, size_t len,
                                   bool *out_group)
{
    const struct param *own = NULL;
    *out_group = false;
    for (size_t i = 0; i < l->table->count; i++) {
        const char *key = below(l, i);
        if (key == NULL || strncmp(key, name, len) != 0)
            continue;
        if (key[len] == '\0' && own == NULL)
            own = &l->table->rows[i];
        *out_group = *out_group || key[len] == '.';
    }
    return own;
}

static void put_level(const struct level *l);

static void put_group(const struct level *l, const char *name, const struct param *own)
{
    struct buf prefix = {0};
    buf_printf(&prefix, "%s%s.", l->prefix, name);
    const struct level inner = {l->table, buf_text(&prefix), l->out};
    buf_puts(l->out, own != NULL ? "{\"anyOf\":[{\"type\":\"null\"}," : "");
    put_level(&inner);
    buf_puts(l->out, own != NULL ? "]}" : "");
    buf_free(&prefix);
}

/* The sentences of a row, or of the map of free names below it. */
static void put_row_about(const struct level *l, const struct param *own, const char *name)
{
    struct buf key = {0};
    buf_printf(&key, "%s%s%s", l->prefix, name, own != NULL ? "" : ".*");
    put_about(l->table, key.data, l->out);
    buf_free(&key);
}

static void put_one(const struct level *l, struct json_schema *s, const char *key, size_t len)
{
    char *name = xstrndup(key, len);
    bool group;
    const struct param *own = own_row(l, key, len, &group);
    json_schema_key(s, name, own != NULL && own->required && own->types == 0);
    if (group)
        put_group(l, name, own);
    else if (own != NULL && own->type == PARAM_SUBTREE)
        put_subtree(l->table, own->key, l->out);
    else if (own != NULL)
        config_schema_put_value(own, l->out);
    put_row_about(l, own, name);
    free(name);
}

static void put_level(const struct level *l)
{
    struct json_schema s;
    struct buf others = {0};
    json_schema_open(&s, l->out);
    for (size_t i = 0; i < l->table->count; i++) {
        const char *key = below(l, i);
        size_t len = key != NULL ? strcspn(key, ".") : 0;
        if (key == NULL || was_put(l, i, key, len))
            continue;
        if (strcmp(key, "*") == 0) {
            put_others(l->table, l->table->rows[i].key, &others);
        } else {
            put_one(l, &s, key, len);
        }
    }
    json_schema_close(&s, others.data);
    buf_free(&others);
}

static void put_table(const struct param_table *t, struct buf *out)
{
    put_level(&(struct level){t, "", out});
}

/* ---- the files ---- */

static void put_file(const struct param_table *t, struct buf *out)
{
    put_table(t, out);
    out->len--;
    buf_puts(out, ",\"$defs\":{");
    config_schema_put_defs(out);
    buf_puts(out, "}}");
}

void config_put_schema(struct buf *out)
{
    put_file(&params_top, out);
}

void config_put_rules_schema(struct buf *out)
{
    put_file(&rules_file_table, out);
}
