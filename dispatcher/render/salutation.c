#include "render/salutation.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "base/yaml.h"
#include "render/salutation_forms.h"

/* A person as the forms see them. */
struct greeted {
    const struct person *person;
    struct buf title; /* what of it belongs into a salutation */
    struct buf name;  /* the whole name, "" if it is not known */
};

static bool is_known(const char *text)
{
    return text != NULL && text[strspn(text, " ")] != '\0';
}

/* ---- titles ---- */

/* "Dr." for Dr., Dr.-Ing. and Dr.med.; NULL for Dipl.-Ing. */
static const char *title_of_word(const struct yaml_node *titles, const char *word, size_t len)
{
    for (size_t i = 0; i < titles->count; i++) {
        const char *title = titles->items[i]->text;
        size_t n = strlen(title);
        bool whole = n == len, abbreviated = n > 0 && n < len && title[n - 1] == '.';
        if ((whole || abbreviated) && strncasecmp(title, word, n) == 0)
            return title;
    }
    return NULL;
}

static void put_title(const struct locale *l, const char *title, struct buf *out)
{
    const struct yaml_node *titles = locale_list(l, "titles");
    if (title == NULL || titles == NULL) {
        buf_puts(out, title != NULL ? title : "");
        return;
    }
    for (const char *at = title + strspn(title, " "); *at != '\0'; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        const char *kept = title_of_word(titles, at, len);
        if (kept != NULL)
            buf_printf(out, "%s%s", out->len > 0 ? " " : "", kept);
        at += len;
    }
}

/* ---- names ---- */

static bool begins_east_asian(const char *text)
{
    const char *at = text;
    uint32_t c = utf8_next(&at, text + strlen(text));
    return (c >= 0xac00 && c <= 0xd7a3) || (c >= 0x1100 && c <= 0x11ff) ||
           (c >= 0x3040 && c <= 0x30ff) || (c >= 0x4e00 && c <= 0x9fff);
}

/* The name as written, or made of its parts: 김 + 민수 is 김민수, Dr. + Anna + Weiß is Dr. Anna
 * Weiß, in a letter of any language. */
static void put_full_name(const struct person *p, const char *title, struct buf *out)
{
    if (is_known(p->name)) {
        buf_puts(out, p->name);
    } else if (is_known(p->given_name) && is_known(p->family_name)) {
        bool family_first = begins_east_asian(p->given_name) && begins_east_asian(p->family_name);
        if (!family_first && is_known(title))
            buf_printf(out, "%s ", title);
        buf_puts(out, family_first ? p->family_name : p->given_name);
        buf_puts(out, family_first ? "" : " ");
        buf_puts(out, family_first ? p->given_name : p->family_name);
    }
}

static struct greeted greet(const struct locale *l, const struct person *p)
{
    struct greeted g = {.person = p};
    put_title(l, p->title, &g.title);
    put_full_name(p, buf_text(&g.title), &g.name);
    return g;
}

static void forget(struct greeted *g)
{
    buf_free(&g->title);
    buf_free(&g->name);
}

/* Could any form but the anonymous one be for them? */
static bool is_somebody(const struct greeted *g)
{
    return g->name.len > 0 || (is_known(g->person->family_name) && g->person->gender != NULL);
}

/* ---- forms ---- */

static void set_values(const struct greeted *g, const struct greeted *second,
                       const char *values[PLACEHOLDERS])
{
    values[PLACEHOLDER_NAME] = buf_text(&g->name);
    values[PLACEHOLDER_TITLE] = buf_text(&g->title);
    values[PLACEHOLDER_GIVEN_NAME] = g->person->given_name;
    values[PLACEHOLDER_FAMILY_NAME] = g->person->family_name;
    values[PLACEHOLDER_SECOND_NAME] = second != NULL ? buf_text(&second->name) : NULL;
}

/* An absent title is no reason against a form: it just leaves no gap. */
static bool is_usable(const char *form, const char *const *values)
{
    const char *end = form;
    int which;
    while (salutation_next_placeholder(end, &which, &end) != NULL) {
        if (which != PLACEHOLDER_TITLE && !is_known(values[which]))
            return false;
    }
    return true;
}

/* Runs of spaces become one; none remains at the ends or before a comma. */
static void put_tidy(struct buf *out, const char *text)
{
    bool gap = false, begun = false;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == ' ') {
            gap = begun;
            continue;
        }
        if (gap && *at != ',')
            buf_putc(out, ' ');
        buf_putc(out, *at);
        begun = true;
        gap = false;
    }
}

static void put_form(const char *form, const char *const *values, struct buf *out)
{
    struct buf text = {0};
    const char *at = form, *open, *end;
    int which;
    while ((open = salutation_next_placeholder(at, &which, &end)) != NULL) {
        buf_put(&text, at, (size_t)(open - at));
        buf_puts(&text, values[which] != NULL ? values[which] : "");
        at = end;
    }
    buf_puts(&text, at);
    put_tidy(out, buf_text(&text));
    buf_free(&text);
}

static bool put_if_usable(const struct locale *l, const char *key, const char *const *values,
                          struct buf *out)
{
    const char *form = locale_text(l, key);
    bool usable = form != NULL && is_usable(form, values);
    if (usable)
        put_form(form, values, out);
    return usable;
}

/* `prefix` "" or "second_". */
static bool put_by_gender(const struct locale *l, const char *prefix, const struct greeted *g,
                          struct buf *out)
{
    char key[64];
    const char *values[PLACEHOLDERS];
    const char *gender = g->person->gender;
    if (gender == NULL || strcmp(gender, "neutral") == 0 || !is_known(g->person->family_name))
        return false;
    snprintf(key, sizeof key, "salutation.%s%s", prefix, gender);
    set_values(g, NULL, values);
    return put_if_usable(l, key, values, out);
}

static bool put_by_name(const struct locale *l, const char *prefix, const struct greeted *g,
                        struct buf *out)
{
    char key[64];
    const char *values[PLACEHOLDERS];
    snprintf(key, sizeof key, "salutation.%snamed", prefix);
    set_values(g, NULL, values);
    return g->name.len > 0 && put_if_usable(l, key, values, out);
}

static void put_one(const struct locale *l, const struct greeted *g, struct buf *out)
{
    const char *anonymous = locale_text(l, "salutation.anonymous");
    if (!put_by_gender(l, "", g, out) && !put_by_name(l, "", g, out))
        put_tidy(out, anonymous != NULL ? anonymous : "");
}

/* Each by their own form: nothing is left behind if one of the forms is not usable. */
static bool put_two_forms(const struct locale *l, const struct greeted *first,
                          const struct greeted *second, bool by_gender, struct buf *out)
{
    size_t start = out->len;
    bool put = put_by_gender(l, "", first, out);
    put = put || (!by_gender && put_by_name(l, "", first, out));
    if (put)
        buf_putc(out, ' ');
    bool also = put && put_by_gender(l, "second_", second, out);
    also = also || (put && !by_gender && put_by_name(l, "second_", second, out));
    if (!also)
        buf_truncate(out, start);
    return also;
}

/* Frau and Herr if both are known by them; else one form for both, or each by what is known. */
static void put_two(const struct locale *l, const struct greeted *first,
                    const struct greeted *second, struct buf *out)
{
    const char *values[PLACEHOLDERS];
    set_values(first, second, values);
    if (put_two_forms(l, first, second, true, out) ||
        put_if_usable(l, "salutation.both", values, out) ||
        put_two_forms(l, first, second, false, out))
        return;
    put_one(l, first, out);
}

void salutation_put(const struct locale *l, const struct person *first, const struct person *second,
                    struct buf *out)
{
    struct greeted one = greet(l, first), other = greet(l, second);
    if (is_somebody(&one) && is_somebody(&other))
        put_two(l, &one, &other, out);
    else
        put_one(l, is_somebody(&other) ? &other : &one, out);
    forget(&one);
    forget(&other);
}
