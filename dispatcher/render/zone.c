#include "render/zone.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "render/calendar.h"

#define ZONES_KEPT 16 /* most campaigns have one, hardly any has more */

/* A zone that was asked for: opening one costs some twenty times what asking it costs. */
struct zone {
    char *name;
    struct calendar *calendar; /* NULL: there is no such zone */
    uint64_t used;             /* the question that asked for it last */
};

static struct calendar *open_zone(const char *name)
{
    struct calendar *calendar = NULL;
    struct error ignored;
    if (!calendar_zone_exists(name) || calendar_open("en", &calendar, &ignored) != 0)
        return NULL;
    if (calendar_set_zone(calendar, name, &ignored) == 0)
        return calendar;
    calendar_close(calendar);
    return NULL;
}

static void replace(struct zone *zone, const char *name)
{
    calendar_close(zone->calendar);
    free(zone->name);
    zone->name = xstrdup(name);
    zone->calendar = open_zone(name);
}

/* The answer is a pure function of the name; what is kept between calls is only work. */
static struct calendar *find_zone(const char *name)
{
    static struct zone zones[ZONES_KEPT];
    static uint64_t questions;
    struct zone *oldest = &zones[0], *found = NULL;
    for (size_t i = 0; i < ZONES_KEPT && found == NULL; i++) {
        if (zones[i].name != NULL && strcmp(zones[i].name, name) == 0)
            found = &zones[i];
        else if (zones[i].used < oldest->used)
            oldest = &zones[i];
    }
    if (found == NULL) {
        found = oldest;
        replace(found, name);
    }
    found->used = ++questions;
    return found->calendar;
}

int64_t zone_offset_ms(const char *zone, int64_t wall_ms)
{
    struct error ignored;
    struct calendar *calendar = zone != NULL ? find_zone(zone) : NULL;
    if (calendar == NULL || calendar_set_moment(calendar, wall_ms, &ignored) != 0)
        return 0;
    return calendar_offset_ms(calendar);
}
