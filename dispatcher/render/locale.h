/* Locale files (locales/de.yaml ...): the words of a language, and RFC 4647 lookup among them. */
#ifndef RENDER_LOCALE_H
#define RENDER_LOCALE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

struct locale;
struct yaml_node;

/*
 * Reads one file; the root key is the tag. A file of a region (de-AT) holds only what differs from
 * its language: `base` (de) answers for the rest and outlives it; NULL: none. ERR_CONFIG with
 * file:line:column. Free with locale_free().
 */
MUST_CHECK int locale_load(const char *path, const struct locale *base, struct locale **out,
                           struct error *err);
void locale_free(struct locale *l);

const char *locale_tag(const struct locale *l);           /* "ko" */
const struct locale *locale_base(const struct locale *l); /* NULL if there is none */
const char *locale_direction(const struct locale *l);     /* "ltr" or "rtl" */
const char *locale_zone(const struct locale *l); /* IANA name, "UTC" if the file has none */
const char *locale_closing(const struct locale *l);
/* A dotted key below the root as text ("list.two", "org.hours"); NULL if absent. Borrowed. */
const char *locale_text(const struct locale *l, const char *dotted_key);
/* The list at a dotted key, NULL if absent. Borrowed. */
const struct yaml_node *locale_list(const struct locale *l, const char *dotted_key);
/* A text in the map at a dotted key; the member's name may hold dots. NULL if absent. Borrowed. */
const char *locale_member(const struct locale *l, const char *map, const char *key);
/* The map at a dotted key of this file alone, without its base; NULL if absent: for walking org,
 * words. */
const struct yaml_node *locale_map(const struct locale *l, const char *dotted_key);
/* The word for a data category, NULL if the file has none. */
const char *locale_term(const struct locale *l, const char *term);

/* Sets ERR_CONFIG "file:line:column: <text>" at a dotted key (at the tag if the key is absent) and
 * returns it. */
int locale_fail(const struct locale *l, const char *dotted_key, struct error *err,
                const char *format, ...) PRINTF(4, 5);
/* How the sign behind a number is read ("%" -> 퍼센트), NULL if the file does not say. A
 * josa_unit_fn (josa.h): `locale` is the struct locale. */
const char *locale_josa_unit(const void *locale, const char *unit, size_t len);

/*
 * RFC 4647 3.4 lookup: `range` (ko-KR) against the available tags, case-insensitive, shortening
 * from the right (single letters go with what precedes them). Returns the index, or -1.
 */
int locale_lookup(const char *range, const char *const *tags, size_t count);

#endif
