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
#include "config/params.h"
#include "config/rules.h"

/* ---- one value ---- */

static const char *const pieces[] = {
    [PARAM_TEXT] = SCHEMA_SCALAR,
    [PARAM_PATH] = SCHEMA_SCALAR,
    [PARAM_FRACTION] = "{\"type\":[\"number\",\"string\"],\"minimum\":0,\"maximum\":1,\"pattern\":"
                       "\"^[0-9.]+$\"}",
    [PARAM_DURATION] = SCHEMA_TEXT_AS("^[0-9]{1,9}(ms|s|m|h|d)$"),
    [PARAM_BOOLEAN] = "{\"enum\":[true,false,\"true\",\"false\"]}",
    [PARAM_LIST] = SCHEMA_SCALARS,
    [PARAM_SCHEDULE] =
        "{\"type\":\"array\",\"items\":" SCHEMA_TEXT_AS("^[0-9]{1,9}(ms|s|m|h|d)$") "}",
    [PARAM_RATE] = SCHEMA_TEXT_AS("^(unlimited|[0-9]{1,9}/(s|min|h|d))$"),
    [PARAM_SIZE] = SCHEMA_TEXT_AS("^[0-9]{1,9}([kMGT]B|[KMGT]iB|B)$"),
    [PARAM_WINDOW] = SCHEMA_TEXT_AS("^(always|[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2})$"),
    [PARAM_MONEY] = "{\"type\":[\"number\",\"string\"],\"minimum\":0,\"pattern\":\"^[0-9]+([.][0-9]"
                    "+)?$\"}",
    [PARAM_DATE] = SCHEMA_DAY,
    [PARAM_LIMITS] = "{\"type\":\"array\",\"items\":{\"type\":[\"integer\",\"string\"],"
                     "\"minimum\":0,\"pattern\":\"^[0-9]+$\"}}",
    [PARAM_NULL] = "{\"type\":\"null\"}",
    [PARAM_SECRET] = "{\"$ref\":\"#/$defs/secret\"}",
    [PARAM_PEM] = "{\"$ref\":\"#/$defs/secret\"}",
    [PARAM_SUBTREE] = SCHEMA_ANY,
};

static const char secret_def[] =
    "\"secret\":{\"type\":\"object\",\"minProperties\":1,\"maxProperties\":1,\"properties\":{"
    "\"file\":" SCHEMA_SCALAR ",\"env\":" SCHEMA_SCALAR ",\"credential\":" SCHEMA_SCALAR
    "},\"additionalProperties\":false}";

static void put_words(const struct param *row, struct buf *out)
{
    size_t count = 0;
    while (row->choices[count] != NULL)
        count++;
    json_schema_put_words(out, row->choices, count);
}

static void put_about(const struct param *row, struct buf *out)
{
    if (row->about == NULL || out->data[out->len - 1] != '}')
        return;
    out->len--;
    buf_puts(out, ",\"description\":");
    buf_put_json(out, row->about);
    buf_putc(out, '}');
}

static void put_value(const struct param *row, struct buf *out)
{
    if (row->type == PARAM_CHOICE)
        put_words(row, out);
    else if (row->type == PARAM_INTEGER || row->type == PARAM_COUNT)
        buf_printf(out,
                   "{\"type\":[\"integer\",\"string\"],\"minimum\":%lld,\"maximum\":%lld,"
                   "\"pattern\":\"^[0-9]+$\"}",
                   (long long)row->min, (long long)row->max);
    else
        buf_puts(out, pieces[row->type]);
    put_about(row, out);
}

/* ---- maps of free names, and what stands in them ---- */

static void put_table(const struct param_table *t, struct buf *out);

/* One value of a map of free names, or a list: a value, a map by a table, or either. */
static const struct free_names {
    const struct param_table *in;
    const char *key;
    const struct param *value;
    const struct param_table *table;
    const char *piece;
} free_names[] = {
    {.in = &params_top, .key = "transports.*", .table = &params_transport},
    {.in = &params_top, .key = "endpoints.*", .table = &params_endpoint},
    {.in = &params_transport,
     .key = "domains.*",
     .value = &param_domain_rate,
     .table = &params_domain},
    {.in = &params_transport, .key = "windows.*", .value = &param_country_window},
    {.in = &params_transport, .key = "senders.*", .value = &param_sms_sender},
    {.in = &params_transport, .key = "prices.*", .value = &param_sms_price, .table = &params_price},
    {.in = &params_transport,
     .key = "vars.*",
     .value = &param_free_text,
     .piece = "{\"$ref\":\"#/$defs/secret\"}"},
    {.in = &params_transport, .key = "gateway", .value = &param_free_text},
    {.in = &params_endpoint,
     .key = "headers.*",
     .value = &param_free_text,
     .piece = "{\"$ref\":\"#/$defs/secret\"}"},
    {.in = &rules_file_table, .key = "locale.aliases.*", .value = &param_free_text},
    {.in = &rules_rule_table, .key = "then.channels", .piece = SCHEMA_SOME},
    {.in = &rules_rule_table, .key = "then.confirm", .piece = SCHEMA_SOME},
    {.in = &rules_rule_table,
     .key = "then.all_channels",
     .piece = "{\"enum\":[true,false,\"true\",\"false\"]}"},
    {.in = &rules_rule_table, .key = "then.after.*", .value = &rules_after_row},
};

static void put_free(const struct free_names *f, struct buf *out)
{
    const char *comma = "";
    buf_puts(out, "{\"anyOf\":[");
    if (f->value != NULL) {
        put_value(f->value, out);
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

static void put_list_of(const struct param_table *t, struct buf *out)
{
    buf_puts(out, "{\"type\":\"array\",\"items\":");
    put_table(t, out);
    buf_putc(out, '}');
}

static void put_roles(struct buf *out)
{
    buf_puts(out, "{\"type\":\"object\",\"properties\":{\"roles\":{\"type\":\"object\","
                  "\"additionalProperties\":");
    put_table(&params_role, out);
    buf_puts(out, "}}}");
}

/* What the code reads that a row only names. */
static void put_subtree(const struct param_table *t, const char *key, struct buf *out)
{
    for (size_t i = 0; i < COUNT_OF(free_names); i++) {
        if (free_names[i].in == t && strcmp(free_names[i].key, key) == 0) {
            put_free(&free_names[i], out);
            return;
        }
    }
    if (t == &params_transport && strcmp(key, "hosts") == 0)
        put_list_of(&params_host, out);
    else if (t == &rules_file_table && strcmp(key, "rules") == 0)
        put_list_of(&rules_rule_table, out);
    else
        buf_puts(out, SCHEMA_ANY);
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
    if (strcmp(inner.prefix, "campaigns.") == 0) {
        put_roles(l->out);
    } else {
        buf_puts(l->out, own != NULL ? "{\"anyOf\":[{\"type\":\"null\"}," : "");
        put_level(&inner);
        buf_puts(l->out, own != NULL ? "]}" : "");
    }
    buf_free(&prefix);
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
        put_value(own, l->out);
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
            buf_puts(&others, "\"additionalProperties\":");
            put_subtree(l->table, l->table->rows[i].key, &others);
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
    buf_printf(out, ",\"$defs\":{%s}}", secret_def);
}

void config_put_schema(struct buf *out)
{
    put_file(&params_top, out);
}

void config_put_rules_schema(struct buf *out)
{
    put_file(&rules_file_table, out);
}
