#include "config/describe.h"

#include <inttypes.h>

#include "base/attributes.h"
#include "base/text.h"
#include "config/config.h"
#include "config/quantity.h"

static const char *const forms[] = {
    [PARAM_TEXT] = "a text of one line",
    [PARAM_PATH] = "a path, relative to the directory of the file it stands in",
    [PARAM_INTEGER] = "a whole number",
    [PARAM_COUNT] = "a whole number",
    [PARAM_FRACTION] = "a number",
    [PARAM_DURATION] = "a span of time: 500ms, 30s, 5m, 2h, 14d",
    [PARAM_BOOLEAN] = "true or false",
    [PARAM_CHOICE] = "one of",
    [PARAM_LIST] = "a list",
    [PARAM_SCHEDULE] = "a list of spans of time",
    [PARAM_RATE] = "a pace: 50/s, 1200/min, 20000/h, 100000/d, unlimited",
    [PARAM_SIZE] = "a size: 64MB, 2GiB",
    [PARAM_WINDOW] = "hours: 08:00-21:00, always",
    [PARAM_MONEY] = "an amount of money: 0.075",
    [PARAM_DATE] = "a day: 2027-01-31",
    [PARAM_LIMITS] = "a list of whole numbers",
    [PARAM_NULL] = "null",
    [PARAM_SECRET] = "a secret: {file: PATH}, {env: NAME} or {credential: NAME}",
    [PARAM_PEM] = "a private key as PEM: {file: PATH}, {env: NAME} or {credential: NAME}",
    [PARAM_SUBTREE] = "a map",
};

/* ---- what a map holds ---- */

/* A map of free names is a row of its own for the manual: under which name, and what stands there
 * instead of a map. What has no `one` has a section below. */
static const struct shape {
    const char *key, *name;
    const struct param *one;
    const char *form; /* NULL: that of `one` */
} shapes[] = {
    {"organisation.*", "organisation.NAME", &param_free_text,
     "a text of one line, or as organisation.LANGUAGE.NAME the same in one language; NAME is one "
     "of your own or one of"},
    {"campaigns.roles.*", "campaigns.roles.ROLE", NULL,
     "a map of the keys of campaigns.roles.ROLE below"},
    {"transports.*", "transports.NAME", NULL, "a map of the keys of transports.NAME below"},
    {"endpoints.*", "endpoints.NAME", NULL, "a map of the keys of endpoints.NAME below"},
    {"domains.*", "domains.DOMAIN", &param_domain_rate,
     "a pace, like 50/s; or a map of the keys of transports.NAME.domains.DOMAIN below"},
    {"windows.*", "windows.COUNTRY", &param_country_window, NULL},
    {"hosts", "hosts", NULL, "a list of maps of the keys of transports.NAME.hosts below"},
    {"gateway", "gateway", NULL, "a text of one line"},
    {"vars.*", "vars.NAME", &param_free_text,
     "a text of one line, or what the description of the gateway asks for: a secret as {file: "
     "PATH}, {env: NAME} or {credential: NAME}"},
    {"senders.*", "senders.PREFIX", &param_sms_sender, NULL},
    {"prices.*", "prices.PREFIX", &param_sms_price,
     "an amount of money: 0.075; or a map of the keys of transports.NAME.prices.PREFIX below"},
    {"headers.*", "headers.HEADER", &param_free_text,
     "a text of one line, or a secret: {file: PATH}, {env: NAME} or {credential: NAME}"},
};

static const struct shape *shape_of(const struct param *row)
{
    for (size_t i = 0; row->type == PARAM_SUBTREE && i < COUNT_OF(shapes); i++)
        if (text_equal(shapes[i].key, row->key))
            return &shapes[i];
    return NULL;
}

/* ---- how much, and for whom ---- */

void describe_put_range(const struct param *row, struct buf *out)
{
    switch (row->type) {
    case PARAM_INTEGER:
    case PARAM_COUNT:
    case PARAM_LIMITS:
        buf_printf(out, "%" PRId64 " to %" PRId64, row->min, row->max);
        break;
    case PARAM_FRACTION:
        buf_printf(out, "%g to %g", (double)row->min / 1000, (double)row->max / 1000);
        break;
    case PARAM_DURATION:
    case PARAM_SCHEDULE:
        quantity_put_duration(out, row->min);
        buf_puts(out, " to ");
        quantity_put_duration(out, row->max);
        break;
    case PARAM_TEXT:
    case PARAM_PATH:
    case PARAM_BOOLEAN:
    case PARAM_CHOICE:
    case PARAM_LIST:
    case PARAM_RATE:
    case PARAM_SIZE:
    case PARAM_WINDOW:
    case PARAM_MONEY:
    case PARAM_DATE:
    case PARAM_NULL:
    case PARAM_SECRET:
    case PARAM_PEM:
    case PARAM_SUBTREE:
        break;
    }
}

static void put_names(struct buf *out, unsigned bits, const char *const *names, const char *before)
{
    for (unsigned i = 0; bits != 0 && names[i] != NULL; i++) {
        if ((bits >> i & 1u) != 0)
            buf_printf(out, "%s%s", out->len > 0 ? ", " : before, names[i]);
    }
}

void describe_put_holders(const struct param *row, struct buf *out)
{
    put_names(out, row->channels, param_channel_names, "channel: ");
    put_names(out, row->types, param_type_names, "type: ");
}

static const char *const *choices_of(const struct param *row, const struct shape *shape)
{
    if (shape != NULL && text_equal(shape->name, "organisation.NAME"))
        return param_field_names + PARAM_OWN_FIELDS;
    return row->type == PARAM_CHOICE ? row->choices : NULL;
}

static const char *form_of(const struct param *row, const struct shape *shape)
{
    if (shape != NULL && shape->form != NULL)
        return shape->form;
    return forms[shape != NULL ? shape->one->type : row->type];
}

static void tell_row(const char *section, const struct param *row,
                     void (*fn)(void *context, const struct config_key *key), void *context)
{
    const struct shape *shape = shape_of(row);
    struct buf range = {0}, holds_for = {0};
    describe_put_range(row, &range);
    describe_put_holders(row, &holds_for);
    const struct config_key key = {
        .section = section,
        .name = shape != NULL ? shape->name : row->key,
        .form = form_of(row, shape),
        .range = range.len > 0 ? range.data : NULL,
        .holds_for = holds_for.len > 0 ? holds_for.data : NULL,
        .fallback = row->fallback,
        .about = row->about,
        .choices = choices_of(row, shape),
        .required = row->required,
    };
    fn(context, &key);
    buf_free(&range);
    buf_free(&holds_for);
}

void config_describe(void (*fn)(void *context, const struct config_key *key), void *context)
{
    static const struct {
        const char *section;
        const struct param_table *table;
    } sections[] = {
        {"", &params_top},
        {"transports.NAME", &params_transport},
        {"transports.NAME.hosts", &params_host},
        {"transports.NAME.domains.DOMAIN", &params_domain},
        {"transports.NAME.prices.PREFIX", &params_price},
        {"endpoints.NAME", &params_endpoint},
        {"campaigns.roles.ROLE", &params_role},
    };
    for (size_t i = 0; i < COUNT_OF(sections); i++)
        for (size_t k = 0; k < sections[i].table->count; k++)
            tell_row(sections[i].section, &sections[i].table->rows[k], fn, context);
}
