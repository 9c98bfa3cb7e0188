#include "policy/country.h"

#include <ctype.h>
#include <string.h>

#include "base/attributes.h"

struct clue {
    const char *text, *country;
};

/* Calling codes; no code is the beginning of another. +1 and +7 belong to several countries. */
static const struct clue codes[] = {
    {"+20", "EG"},  {"+27", "ZA"},  {"+30", "GR"},  {"+31", "NL"},  {"+32", "BE"},  {"+33", "FR"},
    {"+34", "ES"},  {"+351", "PT"}, {"+352", "LU"}, {"+353", "IE"}, {"+354", "IS"}, {"+356", "MT"},
    {"+357", "CY"}, {"+358", "FI"}, {"+359", "BG"}, {"+36", "HU"},  {"+370", "LT"}, {"+371", "LV"},
    {"+372", "EE"}, {"+380", "UA"}, {"+385", "HR"}, {"+386", "SI"}, {"+39", "IT"},  {"+40", "RO"},
    {"+41", "CH"},  {"+420", "CZ"}, {"+421", "SK"}, {"+423", "LI"}, {"+43", "AT"},  {"+44", "GB"},
    {"+45", "DK"},  {"+46", "SE"},  {"+47", "NO"},  {"+48", "PL"},  {"+49", "DE"},  {"+52", "MX"},
    {"+55", "BR"},  {"+60", "MY"},  {"+61", "AU"},  {"+62", "ID"},  {"+63", "PH"},  {"+64", "NZ"},
    {"+65", "SG"},  {"+66", "TH"},  {"+81", "JP"},  {"+82", "KR"},  {"+84", "VN"},  {"+852", "HK"},
    {"+86", "CN"},  {"+886", "TW"}, {"+90", "TR"},  {"+91", "IN"},  {"+971", "AE"}, {"+972", "IL"},
};

static const struct clue zones[] = {
    {"Africa/Cairo", "EG"},      {"Africa/Johannesburg", "ZA"}, {"America/Chicago", "US"},
    {"America/Denver", "US"},    {"America/Los_Angeles", "US"}, {"America/Mexico_City", "MX"},
    {"America/New_York", "US"},  {"America/Sao_Paulo", "BR"},   {"America/Toronto", "CA"},
    {"America/Vancouver", "CA"}, {"Asia/Bangkok", "TH"},        {"Asia/Dubai", "AE"},
    {"Asia/Ho_Chi_Minh", "VN"},  {"Asia/Hong_Kong", "HK"},      {"Asia/Jakarta", "ID"},
    {"Asia/Jerusalem", "IL"},    {"Asia/Kolkata", "IN"},        {"Asia/Kuala_Lumpur", "MY"},
    {"Asia/Manila", "PH"},       {"Asia/Nicosia", "CY"},        {"Asia/Seoul", "KR"},
    {"Asia/Shanghai", "CN"},     {"Asia/Singapore", "SG"},      {"Asia/Taipei", "TW"},
    {"Asia/Tokyo", "JP"},        {"Atlantic/Reykjavik", "IS"},  {"Australia/Melbourne", "AU"},
    {"Australia/Sydney", "AU"},  {"Europe/Amsterdam", "NL"},    {"Europe/Athens", "GR"},
    {"Europe/Berlin", "DE"},     {"Europe/Bratislava", "SK"},   {"Europe/Brussels", "BE"},
    {"Europe/Bucharest", "RO"},  {"Europe/Budapest", "HU"},     {"Europe/Busingen", "DE"},
    {"Europe/Copenhagen", "DK"}, {"Europe/Dublin", "IE"},       {"Europe/Helsinki", "FI"},
    {"Europe/Istanbul", "TR"},   {"Europe/Kiev", "UA"},         {"Europe/Kyiv", "UA"},
    {"Europe/Lisbon", "PT"},     {"Europe/Ljubljana", "SI"},    {"Europe/London", "GB"},
    {"Europe/Luxembourg", "LU"}, {"Europe/Madrid", "ES"},       {"Europe/Malta", "MT"},
    {"Europe/Oslo", "NO"},       {"Europe/Paris", "FR"},        {"Europe/Prague", "CZ"},
    {"Europe/Riga", "LV"},       {"Europe/Rome", "IT"},         {"Europe/Sofia", "BG"},
    {"Europe/Stockholm", "SE"},  {"Europe/Tallinn", "EE"},      {"Europe/Vaduz", "LI"},
    {"Europe/Vienna", "AT"},     {"Europe/Vilnius", "LT"},      {"Europe/Warsaw", "PL"},
    {"Europe/Zagreb", "HR"},     {"Europe/Zurich", "CH"},       {"Pacific/Auckland", "NZ"},
};

static bool take(const char *country, char out[COUNTRY_SIZE])
{
    memcpy(out, country, COUNTRY_SIZE);
    return true;
}

static bool find_by_phone(const char *phone, char out[COUNTRY_SIZE])
{
    for (size_t i = 0; phone != NULL && i < COUNT_OF(codes); i++) {
        if (strncmp(phone, codes[i].text, strlen(codes[i].text)) == 0)
            return take(codes[i].country, out);
    }
    return false;
}

/* The first subtag of two letters behind the language: ko-KR, sr-Latn-RS. A single letter begins
 * extensions, behind which nothing is a region. */
static bool find_by_locale(const char *locale, char out[COUNTRY_SIZE])
{
    const char *at = locale != NULL ? strchr(locale, '-') : NULL;
    while (at != NULL) {
        size_t len = strcspn(at + 1, "-");
        if (len == 1)
            return false;
        if (len == 2 && isalpha((unsigned char)at[1]) && isalpha((unsigned char)at[2])) {
            const char region[COUNTRY_SIZE] = {(char)toupper((unsigned char)at[1]),
                                               (char)toupper((unsigned char)at[2]), '\0'};
            return take(region, out);
        }
        at = strchr(at + 1, '-');
    }
    return false;
}

static bool find_by_zone(const char *zone, char out[COUNTRY_SIZE])
{
    for (size_t i = 0; zone != NULL && i < COUNT_OF(zones); i++) {
        if (strcmp(zone, zones[i].text) == 0)
            return take(zones[i].country, out);
    }
    return false;
}

bool country_find(const struct country_clues *clues, char out[COUNTRY_SIZE])
{
    out[0] = '\0';
    return find_by_phone(clues->phone, out) || find_by_locale(clues->locale, out) ||
           find_by_zone(clues->zone, out);
}

const struct send_window *country_window(const struct transport *t,
                                         const struct country_clues *clues)
{
    char country[COUNTRY_SIZE];
    if (t->window_count == 0 || !country_find(clues, country))
        return &t->window;
    return settings_window(t, country);
}
