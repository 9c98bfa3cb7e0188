#include "render/phone.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/text.h"

#define NUMBER_MIN 7 /* digits of an E.164 number, with the country */
#define NUMBER_MAX 15

/* Numbers that are grouped alike. In `groups` a digit is so many digits, * all that are left, and
 * anything else is written as it stands. */
struct block {
    const char *prefixes; /* of the number behind the country, separated by spaces; "": any */
    size_t length;        /* of it; 0: any */
    const char *groups;
    const char *abroad; /* NULL: the same groups */
    bool no_trunk;      /* dialled without the 0: 1588-8100 */
};

static const struct block korea[] = {
    {"15 16 18", 8, "4-4", NULL, true}, {"2", 8, "1-3-4", NULL, false},
    {"2", 9, "1-4-4", NULL, false},     {"50", 10, "3-3-4", NULL, false},
    {"50", 11, "3-4-4", NULL, false},   {"", 9, "2-3-4", NULL, false},
    {"", 10, "2-4-4", NULL, false},
};

/* Area codes of two and three digits. In the west all others have four; in the east (3...) they
 * have four or five, and only a full list could tell: those stay in one piece. */
static const struct block germany[] = {
    {"15 16 17 32 700 800 900", 0, "3 *", NULL, false},
    {"30 40 69 89", 0, "2 *", NULL, false},
    {"201 202 203 208 209 212 214 221 228 231 234 251 261 271 281 335 340 341 345 351 355 361 365 "
     "371 375 381 385 391 395 421 431 441 451 461 471 481 491 511 521 531 541 551 561 571 581 591 "
     "611 621 631 641 651 661 671 681 711 721 731 741 751 761 771 781 791 821 831 841 851 861 871 "
     "881 906 911 921 931 941 951 961 971 981 991",
     0, "3 *", NULL, false},
    {"2 4 5 6 7 8 9", 0, "4 *", NULL, false},
    {"", 0, "*", NULL, false},
};

static const struct block austria[] = {
    {"1", 0, "1 *", NULL, false},
    {"316 463 512 650 660 661 662 663 664 665 667 670 676 677 678 680 681 688 690 699 732 800", 0,
     "3 *", NULL, false},
    {"", 0, "4 *", NULL, false},
};

static const struct block switzerland[] = {
    {"800 840 842 844 848 900 901 906", 9, "3 3 3", NULL, false},
    {"", 9, "2 3 2 2", NULL, false},
};

static const struct block britain[] = {
    {"20 23 24 28 29", 10, "2 4 4", NULL, false},
    {"11 121 131 141 151 161 191 3 8 9", 10, "3 3 4", NULL, false},
    {"1 7", 10, "4 6", NULL, false},
    {"800", 9, "3 6", NULL, false},
};

static const struct block north_america[] = {{"", 10, "(3) 3-4", "3-3-4", true}};

static const struct country {
    const char *code, *region, *language; /* the language stands for it if a tag names no region */
    const struct block *blocks;
    size_t count;
} countries[] = {
    {"82", "KR", "ko", korea, COUNT_OF(korea)},
    {"49", "DE", "de", germany, COUNT_OF(germany)},
    {"44", "GB", "en", britain, COUNT_OF(britain)},
    {"43", "AT", NULL, austria, COUNT_OF(austria)},
    {"41", "CH", NULL, switzerland, COUNT_OF(switzerland)},
    {"1", "US", NULL, north_america, COUNT_OF(north_america)},
    {"1", "CA", NULL, north_america, COUNT_OF(north_america)},
};

/* The subtag of two letters behind the language, or the script: de-AT, zh-Hant-TW. */
static const char *region_subtag(const char *tag)
{
    for (const char *at = strchr(tag, '-'); at != NULL; at = strchr(at + 1, '-')) {
        if (strcspn(at + 1, "-") == 2)
            return at + 1;
    }
    return NULL;
}

void phone_put_region(const char *tag, struct buf *out)
{
    const char *region = region_subtag(tag);
    size_t language = strcspn(tag, "-");
    for (const char *at = region; at != NULL && at < region + 2; at++)
        buf_putc(out, (char)toupper((unsigned char)*at));
    for (size_t i = 0; region == NULL && i < COUNT_OF(countries); i++) {
        const char *known = countries[i].language;
        if (known != NULL && strlen(known) == language && strncasecmp(known, tag, language) == 0)
            buf_puts(out, countries[i].region);
    }
}

static bool begins_with_one_of(const char *number, const char *prefixes)
{
    bool found = *prefixes == '\0';
    for (const char *at = prefixes; *at != '\0' && !found; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        found = strncmp(number, at, len) == 0;
        at += len;
    }
    return found;
}

static const struct block *find_block(const struct country *c, const char *number)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct block *b = &c->blocks[i];
        if ((b->length == 0 || b->length == strlen(number)) &&
            begins_with_one_of(number, b->prefixes))
            return b;
    }
    return NULL;
}

/* The country, by preference the reader's: +1 is that of many. */
static const struct country *find_country(const char *digits, const char *region)
{
    const struct country *found = NULL;
    for (size_t i = 0; i < COUNT_OF(countries); i++) {
        const struct country *c = &countries[i];
        if (strncmp(digits, c->code, strlen(c->code)) == 0 &&
            (found == NULL || strcmp(c->region, region) == 0))
            found = c;
    }
    return found;
}

/* `trunk` stands before the first digit. */
static void put_groups(const char *groups, const char *trunk, const char *number, struct buf *out)
{
    for (const char *at = groups; *at != '\0'; at++) {
        if (*at != '*' && (*at < '1' || *at > '9')) {
            buf_putc(out, *at);
            continue;
        }
        size_t left = strlen(number), wanted = *at == '*' ? left : (size_t)(*at - '0');
        size_t len = wanted < left ? wanted : left;
        buf_puts(out, trunk);
        buf_put(out, number, len);
        number += len;
        trunk = "";
    }
}

static bool is_e164(const char *text)
{
    size_t digits = *text == '+' ? strspn(text + 1, "0123456789") : 0;
    return digits >= NUMBER_MIN && digits <= NUMBER_MAX && text[1 + digits] == '\0';
}

void phone_put(const char *number, const char *region, struct buf *out)
{
    const struct country *c = is_e164(number) ? find_country(number + 1, region) : NULL;
    const char *rest = c != NULL ? number + 1 + strlen(c->code) : NULL;
    const struct block *b = c != NULL ? find_block(c, rest) : NULL;
    if (b == NULL) {
        buf_puts(out, number);
        return;
    }
    if (strcmp(c->region, region) == 0) {
        put_groups(b->groups, b->no_trunk ? "" : "0", rest, out);
        return;
    }
    buf_printf(out, "+%s ", c->code);
    put_groups(b->abroad != NULL ? b->abroad : b->groups, "", rest, out);
}
