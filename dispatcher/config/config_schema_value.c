#include "config/config_schema_value.h"

#include <inttypes.h>

#include "base/attributes.h"
#include "base/json_schema.h"
#include "config/checks.h"
#include "model/address.h"
#include "model/settings.h"

#define ONE_LINE "^[^\\u0000-\\u001f\\u007f]+$"
#define SPAN     "^[0-9]{1,9}(ms|s|m|h|d)$"
#define MOMENT   "(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)"

/* The shape of what a check takes: never less than it, often a little more. */
static const struct grammar {
    param_check_fn *check;
    const char *pattern;
    bool never_number; /* nor a truth: without quotes it is still a text to everybody */
} grammars[] = {
    {check_url, "^[Hh][Tt][Tt][Pp][Ss]?://[^ ]+$", true},
    {check_public_url, "^[Hh][Tt][Tt][Pp][Ss]?://[^ ?]+$", true},
    {check_unsubscribe_url, "^[Hh][Tt][Tt][Pp][Ss]://[^ ]*[{]token[}][^ ]*$", true},
    {check_listen, "^([0-9.]+|[[][0-9A-Fa-f:.]+[]]):[0-9]+$", true},
    {check_host, "^[A-Za-z0-9.:][A-Za-z0-9.:-]{0,252}$", false},
    {check_domain, "^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$", false},
    {check_selector, "^[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$", false},
    {check_timezone, "^[A-Za-z0-9_][A-Za-z0-9_+/-]*$", false},
    {check_sender, "^([+]?[0-9]{3,15}|[A-Za-z0-9 &._-]{1,11})$", false},
    {check_prefix, "^[+][1-9][0-9]{0,14}$", false},
    {check_currency, "^[A-Z]{3}$", true},
    {check_category, "^[a-z0-9_.-]{1,64}$", false},
    {check_allow, "^[^\\u0000-\\u0020]*[^*\\u0000-\\u0020][^\\u0000-\\u0020]*$", false},
    {check_tester, "^[^=]+=[^\\u0000-\\u0020]+$", true},
    {check_name, "^[A-Za-z0-9_-]{1,64}$", false},
    {check_group, "^[A-Za-z0-9_.@][A-Za-z0-9_.@-]{0,63}$", false},
    {check_role, "^[a-z0-9_-]{1,32}$", false},
    {address_check_email, "^[^@ ]+@[^@ ]+$", true},
    {address_check_locale, "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", true},
};

static const struct grammar *grammar_of(param_check_fn *check)
{
    static const struct grammar line = {NULL, ONE_LINE, false};
    for (size_t i = 0; check != NULL && i < COUNT_OF(grammars); i++) {
        if (grammars[i].check == check)
            return &grammars[i];
    }
    return &line;
}

/* A value without quotes may look like a number or a truth and be a text all the same. */
static void put_text(param_check_fn *check, struct buf *out)
{
    const struct grammar *grammar = grammar_of(check);
    buf_printf(out, "{\"type\":%s,\"pattern\":",
               grammar->never_number ? "\"string\"" : "[\"string\",\"number\",\"boolean\"]");
    buf_put_json(out, grammar->pattern);
    buf_putc(out, '}');
}

static void put_line(const struct param *row, struct buf *out)
{
    put_text(row->check, out);
}

static int digits_of(int64_t number)
{
    int count = 1;
    for (; number > 9; number /= 10)
        count++;
    return count;
}

static void put_integer(const struct param *row, struct buf *out)
{
    buf_printf(out,
               "{\"type\":[\"integer\",\"string\"],\"minimum\":%" PRId64 ",\"maximum\":%" PRId64
               ",\"pattern\":\"^0*[0-9]{1,%d}$\"}",
               row->min, row->max, digits_of(row->max));
}

static void put_fraction(const struct param *row, struct buf *out)
{
    buf_printf(out,
               "{\"type\":[\"number\",\"string\"],\"minimum\":%g,\"maximum\":%g,"
               "\"pattern\":\"^[0-9]+([.][0-9]*)?$\"}",
               (double)row->min / 1000, (double)row->max / 1000);
}

static void put_words(const struct param *row, struct buf *out)
{
    size_t count = 0;
    while (row->choices[count] != NULL)
        count++;
    json_schema_put_words(out, row->choices, count);
}

static void put_list(const struct param *row, struct buf *out)
{
    buf_puts(out, "{\"type\":\"array\",\"items\":");
    put_text(row->check, out);
    buf_putc(out, '}');
}

static void put_limits(const struct param *row, struct buf *out)
{
    buf_printf(out, "{\"type\":\"array\",\"maxItems\":%d,\"items\":", WARMUP_DAYS_MAX);
    put_integer(row, out);
    buf_putc(out, '}');
}

static void put_schedule(const struct param *row UNUSED, struct buf *out)
{
    buf_printf(out, "{\"type\":\"array\",\"maxItems\":%d,\"items\":%s}", RETRY_STEPS_MAX,
               SCHEMA_TEXT_AS(SPAN));
}

/* By type: always the same, or as the row says. */
static const struct shape {
    const char *piece;
    void (*put)(const struct param *row, struct buf *out);
} shapes[] = {
    [PARAM_TEXT] = {.put = put_line},
    [PARAM_PATH] = {.put = put_line},
    [PARAM_INTEGER] = {.put = put_integer},
    [PARAM_COUNT] = {.put = put_integer},
    [PARAM_FRACTION] = {.put = put_fraction},
    [PARAM_DURATION] = {SCHEMA_TEXT_AS(SPAN)},
    [PARAM_BOOLEAN] = {"{\"enum\":[true,false,\"true\",\"false\"]}"},
    [PARAM_CHOICE] = {.put = put_words},
    [PARAM_LIST] = {.put = put_list},
    [PARAM_SCHEDULE] = {.put = put_schedule},
    [PARAM_RATE] = {SCHEMA_TEXT_AS("^(unlimited|(?=[0-9]*[1-9])[0-9]{1,9}/(s|min|h|d))$")},
    [PARAM_SIZE] = {SCHEMA_TEXT_AS("^[0-9]{1,9}([kMGT]B|[KMGT]iB|B)$")},
    [PARAM_WINDOW] = {SCHEMA_TEXT_AS("^(always|" MOMENT "-" MOMENT ")$")},
    [PARAM_MONEY] = {"{\"type\":[\"number\",\"string\"],\"minimum\":0,\"exclusiveMaximum\":"
                     "1000000000,\"pattern\":\"^[0-9]{1,9}([.][0-9]{1,6})?$\"}"},
    [PARAM_DATE] = {SCHEMA_DAY},
    [PARAM_LIMITS] = {.put = put_limits},
    [PARAM_NULL] = {"{\"type\":\"null\"}"},
    [PARAM_SECRET] = {"{\"$ref\":\"#/$defs/secret\"}"},
    [PARAM_PEM] = {"{\"$ref\":\"#/$defs/secret\"}"},
    [PARAM_SUBTREE] = {SCHEMA_ANY},
};

void config_schema_put_value(const struct param *row, struct buf *out)
{
    const struct shape *shape = &shapes[row->type];
    if (shape->put != NULL)
        shape->put(row, out);
    else
        buf_puts(out, shape->piece);
}

void config_schema_put_defs(struct buf *out)
{
    static const char *const places[] = {"file", "env", "credential"};
    buf_puts(out, "\"line\":");
    put_text(NULL, out);
    buf_puts(out, ",\"secret\":{\"type\":\"object\",\"minProperties\":1,\"maxProperties\":1,"
                  "\"properties\":{");
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        buf_printf(out, "%s\"%s\":{\"$ref\":\"#/$defs/line\"}", i > 0 ? "," : "", places[i]);
    }
    buf_puts(out, "},\"additionalProperties\":false}");
}
