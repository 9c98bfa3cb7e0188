#include "render/calendar.h"

#include <stdlib.h>
#include <string.h>

#include <unicode/ucal.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/unicode.h"

struct calendar {
    UCalendar *icu;
};

static int icu_failure(UErrorCode status, struct error *err)
{
    return error_set(err, ERR_INTERNAL, "ICU has no calendar for this: %s", u_errorName(status));
}

int calendar_open(const char *icu_locale, struct calendar **out, struct error *err)
{
    static const UChar utc[] = u"UTC";
    UErrorCode status = U_ZERO_ERROR;
    *out = NULL;
    UCalendar *icu = ucal_open(utc, -1, icu_locale, UCAL_GREGORIAN, &status);
    ucal_setGregorianChange(icu, -8.64e15, &status);
    if (U_FAILURE(status)) {
        ucal_close(icu);
        return icu_failure(status, err);
    }
    *out = xcalloc(1, sizeof(**out));
    (*out)->icu = icu;
    return 0;
}

void calendar_close(struct calendar *c)
{
    if (c == NULL)
        return;
    ucal_close(c->icu);
    free(c);
}

bool calendar_zone_exists(const char *zone)
{
    UErrorCode status = U_ZERO_ERROR;
    UChar canonical[128];
    UBool is_system = false;
    uint16_t *units;
    size_t count = unicode_to_utf16(zone, strlen(zone), &units);
    ucal_getCanonicalTimeZoneID(units, (int32_t)count, canonical, (int32_t)COUNT_OF(canonical),
                                &is_system, &status);
    free(units);
    return U_SUCCESS(status) && is_system;
}

int calendar_set_zone(struct calendar *c, const char *zone, struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    uint16_t *units;
    size_t count = unicode_to_utf16(zone, strlen(zone), &units);
    ucal_setTimeZone(c->icu, units, (int32_t)count, &status);
    free(units);
    return U_FAILURE(status) ? icu_failure(status, err) : 0;
}

int calendar_set_moment(struct calendar *c, int64_t wall_ms, struct error *err)
{
    UErrorCode status = U_ZERO_ERROR;
    ucal_setMillis(c->icu, (UDate)wall_ms, &status);
    return U_FAILURE(status) ? icu_failure(status, err) : 0;
}

int calendar_minute(struct calendar *c)
{
    UErrorCode status = U_ZERO_ERROR;
    return ucal_get(c->icu, UCAL_MINUTE, &status);
}

int64_t calendar_offset_ms(struct calendar *c)
{
    UErrorCode status = U_ZERO_ERROR;
    int32_t standard = ucal_get(c->icu, UCAL_ZONE_OFFSET, &status);
    return (int64_t)standard + ucal_get(c->icu, UCAL_DST_OFFSET, &status);
}

const char *calendar_locale(struct calendar *c)
{
    UErrorCode status = U_ZERO_ERROR;
    const char *locale = ucal_getLocaleByType(c->icu, ULOC_VALID_LOCALE, &status);
    return U_FAILURE(status) || locale == NULL ? "" : locale;
}

void *calendar_handle(struct calendar *c)
{
    return c->icu;
}
