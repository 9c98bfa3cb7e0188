#include "campaign/sending_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

#define NUMBER    "{\"type\":[\"integer\",\"string\"],\"minimum\":1,\"pattern\":\"^[0-9]+$\"}"
#define SHARE     "{\"type\":[\"number\",\"string\"],\"exclusiveMinimum\":0,\"maximum\":1}"
#define THEN      "{\"enum\":[\"look\",\"go_on\"]}"
#define EVERY     SCHEMA_TEXT_AS("^[0-9]+[smhd]$")
#define DAY_WORDS SCHEMA_SOME
#define SECOND_MS ((int64_t)1000)
#define EVERY_MAX (366 * 24 * 3600 * SECOND_MS)
#define DAYS      7

/* ---- values ---- */

/* "20m", "1h", "2d". */
static bool read_span(const struct reading *r, const struct yaml_node *node, int64_t *out_ms)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', SECOND_MS},
                 {'m', 60 * SECOND_MS},
                 {'h', 3600 * SECOND_MS},
                 {'d', 24 * 3600 * SECOND_MS}};
    size_t digits = strspn(node->text, "0123456789");
    char *number = xstrndup(node->text, digits);
    int64_t count = 0;
    bool good = digits > 0 && digits < 10 && text_parse_int(number, &count) && count > 0 &&
                strlen(node->text) == digits + 1;
    free(number);
    for (size_t i = 0; good && i < COUNT_OF(units); i++) {
        if (node->text[digits] == units[i].unit && count <= EVERY_MAX / units[i].ms) {
            *out_ms = count * units[i].ms;
            return true;
        }
    }
    reading_wrong(r, node, "\"%s\" must be a time span, like 20m, 1h or 2d", node->text);
    return false;
}

/* "0.05": a part of all, above nothing and at most all. */
static void read_share(const struct reading *r, const struct yaml_node *node, double *out)
{
    char *end = NULL;
    double share = strtod(node->text, &end);
    bool plain = strspn(node->text, "0123456789.") == strlen(node->text);
    if (plain && end != node->text && *end == '\0' && share > 0 && share <= 1)
        *out = share;
    else
        reading_wrong(r, node, "\"%s\" must be a share above 0 and up to 1, like 0.05 for 5%%",
                      node->text);
}

/* A number of people or failures: one at least. */
static void read_number(const struct reading *r, const struct yaml_node *node, int64_t *out)
{
    int64_t number = 0;
    if (!reading_count(r, node, &number))
        return;
    if (number == 0)
        reading_wrong(r, node, "this must be 1 or more; leave the key out if there is none");
    else
        *out = number;
}

static void read_hours(const struct reading *r, const struct yaml_node *node,
                       struct send_window *out)
{
    struct send_window window;
    if (send_window_parse(node->text, &window))
        *out = window;
    else
        reading_wrong(r, node, "\"%s\" must be hours, like 08:00-21:00", node->text);
}

/* ---- who must agree ---- */

static bool is_role(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
    size_t len = strlen(text);
    return len > 0 && len <= 32 && strspn(text, letters) == len;
}

static bool is_repeated(const struct yaml_node *list, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        bool word = list->items[i]->kind == YAML_SCALAR && list->items[index]->kind == YAML_SCALAR;
        if (word && strcmp(list->items[i]->text, list->items[index]->text) == 0)
            return true;
    }
    return false;
}

void sending_read_approvals(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *role = node->items[i];
        if (role->kind == YAML_SCALAR && role->text[0] != '\0' && !is_role(role->text))
            reading_wrong(r, role, "\"%s\" cannot be a role; use a-z, 0-9, - and _, like legal",
                          role->text);
        else if (is_repeated(node, i))
            reading_wrong(r, role, "the role %s stands here twice; remove one", role->text);
    }
    reading_texts(r, node, &c->approvals, &c->approval_count);
}

/* ---- when ---- */

void sending_read_window(const struct reading *r, const struct yaml_node *node, void *target)
{
    read_hours(r, node, &((struct campaign *)target)->window);
}

void sending_read_expires_at(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_time(r, node, &((struct campaign *)target)->expires_at_ms);
}

/* ---- when it stops by itself ---- */

static void read_failures(const struct reading *r, const struct yaml_node *node, void *target)
{
    read_number(r, node, &((struct halt_rule *)target)->failures);
}

static void read_halt_share(const struct reading *r, const struct yaml_node *node, void *target)
{
    read_share(r, node, &((struct halt_rule *)target)->share);
}

static const struct key halt_keys[] = {
    {"failures", KEY_REQUIRED, YAML_SCALAR, read_failures, NUMBER},
    {"share", KEY_REQUIRED, YAML_SCALAR, read_halt_share, SHARE},
};

void sending_read_halt(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    c->halt.set = true;
    reading_map(r, node, "halt", halt_keys, COUNT_OF(halt_keys), &c->halt);
}

/* ---- the first ones ---- */

static void read_first(const struct reading *r, const struct yaml_node *node, void *target)
{
    read_number(r, node, &((struct campaign_canary *)target)->first);
}

static void read_then(const struct reading *r, const struct yaml_node *node, void *target)
{
    static const char *const words[] = {"look", "go_on"};
    size_t index;
    if (reading_word(r, node, words, COUNT_OF(words), &index))
        ((struct campaign_canary *)target)->go_on = index == 1;
}

static void read_canary_share(const struct reading *r, const struct yaml_node *node, void *target)
{
    read_share(r, node, &((struct campaign_canary *)target)->share);
}

static const struct key canary_keys[] = {
    {"first", KEY_REQUIRED, YAML_SCALAR, read_first, NUMBER},
    {"then", KEY_REQUIRED, YAML_SCALAR, read_then, THEN},
    {"share", KEY_OPTIONAL, YAML_SCALAR, read_canary_share, SHARE},
};

void sending_read_canary(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign_canary *canary = &((struct campaign *)target)->canary;
    const struct yaml_node *share = yaml_get(node, "share");
    reading_map(r, node, "canary", canary_keys, COUNT_OF(canary_keys), canary);
    if (share != NULL && !canary->go_on)
        reading_wrong(r, share,
                      "with `then: look` a person decides: leave `share` out, or write "
                      "`then: go_on`");
}

/* ---- waves ---- */

static void read_people(const struct reading *r, const struct yaml_node *node, void *target)
{
    read_number(r, node, &((struct campaign_waves *)target)->people);
}

static void read_every(const struct reading *r, const struct yaml_node *node, void *target)
{
    read_span(r, node, &((struct campaign_waves *)target)->every_ms);
}

static void read_wave_hours(const struct reading *r, const struct yaml_node *node, void *target)
{
    read_hours(r, node, &((struct campaign_waves *)target)->hours);
}

static void read_zone(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_text(r, node, &((struct campaign_waves *)target)->zone);
}

static void read_days(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign_waves *waves = target;
    const char *words[DAYS];
    size_t index;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        words[i] = campaign_day_name(i);
    for (size_t i = 0; i < node->count; i++)
        if (reading_word(r, node->items[i], words, COUNT_OF(words), &index))
            waves->days |= 1u << index;
    if (node->count == 0)
        reading_wrong(r, node, "name at least one day, or leave `days` out for every day");
}

static const struct key wave_keys[] = {
    {"people", KEY_REQUIRED, YAML_SCALAR, read_people, NUMBER},
    {"every", KEY_REQUIRED, YAML_SCALAR, read_every, EVERY},
    {"hours", KEY_OPTIONAL, YAML_SCALAR, read_wave_hours, KEY_HOURS},
    {"zone", KEY_OPTIONAL, YAML_SCALAR, read_zone, SCHEMA_SCALAR},
    {"days", KEY_OPTIONAL, YAML_LIST, read_days, DAY_WORDS},
};

void sending_read_waves(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    const struct yaml_node *zone = yaml_get(node, "zone");
    reading_map(r, node, "waves", wave_keys, COUNT_OF(wave_keys), &c->waves);
    if (zone != NULL)
        c->zone_place = reading_place(r, zone);
}

/* ---- beside the letters ---- */

void sending_read_phoned(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    reading_texts(r, node, &c->phoned, &c->phoned_count);
}

/* Never a URL: where it is, with which secret and whether a private address may be asked is for the
 * configuration to say. */
static void read_endpoint(const struct reading *r, const struct yaml_node *node, void *target)
{
    reading_text(r, node, &((struct campaign_condition *)target)->endpoint);
    if (strstr(node->text, "://") != NULL)
        reading_wrong(r, node,
                      "name an endpoint of the configuration (endpoints.NAME), not an address");
}

static const struct key condition_keys[] = {
    {"endpoint", KEY_REQUIRED, YAML_SCALAR, read_endpoint, SCHEMA_SCALAR},
};

void sending_read_condition(const struct reading *r, const struct yaml_node *node, void *target)
{
    struct campaign *c = target;
    c->condition.place = reading_key_place(r, node);
    reading_map(r, node, "condition", condition_keys, COUNT_OF(condition_keys), &c->condition);
}

/* ---- together ---- */

/* The names of cohorts are known only when the whole file was read. */
static void check_phoned(const struct reading *r, const struct yaml_node *list,
                         const struct campaign *c)
{
    const char **names = xcalloc(c->cohort_count + 1, sizeof(*names));
    for (size_t i = 0; i < c->cohort_count; i++)
        names[i] = c->cohorts[i].name;
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml_node *item = list->items[i];
        if (item->kind != YAML_SCALAR || campaign_cohort(c, item->text) != NULL)
            continue;
        const char *meant = text_closest(item->text, names, c->cohort_count);
        reading_wrong(r, item, "there is no cohort \"%s\" to phone%s%s%s", item->text,
                      meant != NULL ? "; did you mean \"" : "; write it under `cohorts` first",
                      meant != NULL ? meant : "", meant != NULL ? "\"?" : "");
    }
    free(names);
}

void sending_check(const struct reading *r, const struct yaml_node *root, const struct campaign *c)
{
    const struct yaml_node *phoned = yaml_get(root, "phoned");
    const struct yaml_node *expires = yaml_get(root, "expires_at");
    if (phoned != NULL && phoned->kind == YAML_LIST)
        check_phoned(r, phoned, c);
    if (expires != NULL && c->expires_at_ms != 0 && c->expires_at_ms <= c->send_at_ms)
        reading_wrong(r, expires, "nothing would leave: it expires before it is sent (`send_at`)");
}

/* ---- as a schema ---- */

void sending_put_schema_defs(struct buf *out)
{
    static const struct {
        const char *name;
        const struct key *keys;
        size_t count;
    } defs[] = {
        {"halt", halt_keys, COUNT_OF(halt_keys)},
        {"canary", canary_keys, COUNT_OF(canary_keys)},
        {"waves", wave_keys, COUNT_OF(wave_keys)},
        {"condition", condition_keys, COUNT_OF(condition_keys)},
    };
    for (size_t i = 0; i < COUNT_OF(defs); i++) {
        buf_printf(out, ",\"%s\":", defs[i].name);
        reading_put_schema(defs[i].keys, defs[i].count, out);
    }
}
