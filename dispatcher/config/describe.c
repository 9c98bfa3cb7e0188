#include "config/config.h"

#include "base/attributes.h"
#include "config/params.h"

static const char *const forms[] = {
    [PARAM_TEXT] = "a text of one line",
    [PARAM_PATH] = "a path, relative to the directory of the file it stands in",
    [PARAM_INTEGER] = "a whole number",
    [PARAM_COUNT] = "a whole number",
    [PARAM_FRACTION] = "a number between 0 and 1",
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
        {"transports.NAME.prices.COUNTRY", &params_price},
        {"endpoints.NAME", &params_endpoint},
        {"campaigns.roles.ROLE", &params_role},
    };
    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        for (size_t k = 0; k < sections[i].table->count; k++) {
            const struct param *row = &sections[i].table->rows[k];
            const struct config_key key = {
                .section = sections[i].section,
                .name = row->key,
                .form = forms[row->type],
                .fallback = row->fallback,
                .about = row->about,
                .choices = row->type == PARAM_CHOICE ? row->choices : NULL,
                .required = row->required,
            };
            fn(context, &key);
        }
    }
}
