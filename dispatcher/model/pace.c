#include "model/pace.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "model/json.h"

#define SHARE_DEFAULT 0.02

bool pace_is_set(const struct pace *p)
{
    return p->first > 0 || p->people > 0;
}

static int read_canary(const struct json_t *from, struct pace *out, struct error *err)
{
    const char *then = json_get_text(from, "then", "look");
    if (json_kind_of(from) == JSON_KIND_NONE || json_kind_of(from) == JSON_KIND_NULL)
        return 0;
    out->first = json_get_int(from, "first", 0);
    out->go_on = strcmp(then, "go_on") == 0;
    out->share = SHARE_DEFAULT;
    if (json_get(from, "share") != NULL && !json_get_number(json_get(from, "share"), &out->share))
        out->share = 0;
    out->patience_ms = json_get_int(from, "patience_ms", PACE_PATIENCE_MS);
    if (out->first < 1)
        return error_set(err, ERR_USAGE, "canary: first must be a number of people, from 1");
    if (!out->go_on && strcmp(then, "look") != 0)
        return error_set(err, ERR_USAGE, "canary: then must be look or go_on, not \"%.40s\"", then);
    if (!(out->share > 0 && out->share <= 1) || out->patience_ms < 0)
        return error_set(err, ERR_USAGE, "canary: share must be a share, like 0.02");
    return 0;
}

static int read_day(const char *name, unsigned *days, struct error *err)
{
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        *days |= 1U << i;
        return 0;
    }
    return error_set(err, ERR_USAGE, "waves: days are mon, tue, wed, thu, fri, sat, sun");
}

static int read_hours(const struct json_t *from, struct pace *out, struct error *err)
{
    const char *hours = json_get_text(from, "hours", NULL);
    const char *zone = json_get_text(from, "zone", "");
    if (hours != NULL && !send_window_parse(hours, &out->hours))
        return error_set(err, ERR_USAGE, "waves: hours must be like 09:00-18:00");
    if (strlen(zone) >= sizeof(out->zone))
        return error_set(err, ERR_USAGE, "waves: zone must be like Europe/Berlin");
    snprintf(out->zone, sizeof(out->zone), "%s", zone);
    return 0;
}

/* The text of an element of a list; "" if it is none. */
static int read_days(const struct json_t *list, struct pace *out, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_count(list); i++) {
        struct buf name = {0};
        json_put_plain(&name, json_at(list, i));
        rc = read_day(buf_text(&name), &out->days, err);
        buf_free(&name);
    }
    return rc;
}

static int read_waves(const struct json_t *from, struct pace *out, struct error *err)
{
    if (json_kind_of(from) == JSON_KIND_NONE || json_kind_of(from) == JSON_KIND_NULL)
        return 0;
    out->people = json_get_int(from, "people", 0);
    out->every_ms = json_get_int(from, "every_ms", 0);
    if (out->people < 1 || out->every_ms < 1000)
        return error_set(err, ERR_USAGE,
                         "waves: people must be a number from 1, every a span from one second");
    int rc = read_hours(from, out, err);
    return rc == 0 ? read_days(json_get(from, "days"), out, err) : rc;
}

int pace_read(const struct json_t *plan, struct pace *out, struct error *err)
{
    *out = (struct pace){0};
    int rc = read_canary(json_get(plan, "canary"), out, err);
    return rc == 0 ? read_waves(json_get(plan, "waves"), out, err) : rc;
}
