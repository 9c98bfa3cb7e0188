#include "render/lint_letter.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/yaml.h"

#define SENTENCE_WORDS_MAX 36 /* a locale may say more or less (lint.sentence_words) */

/* One sentence of a unit: without the blanks around it and the sign at its end. */
struct sentence {
    size_t start, end;
    bool closed; /* by . ! or ? */
};

/* The length of the closing quotation mark or bracket at `at`, 0 if there is none. */
static size_t closer_length(const char *plain, size_t at, size_t len)
{
    static const char *const closers[] = {"\"", "'", ")", "]", "’", "”", "“", "«", "»", "」", "』"};
    for (size_t i = 0; i < COUNT_OF(closers); i++) {
        size_t own = strlen(closers[i]);
        if (len - at >= own && memcmp(plain + at, closers[i], own) == 0)
            return own;
    }
    return 0;
}

static bool is_closing(const char *plain, size_t at, size_t len)
{
    size_t next = at + 1;
    if (plain[at] == '\0' || strchr(".!?", plain[at]) == NULL)
        return false;
    for (size_t own; next < len && (own = closer_length(plain, next, len)) > 0;)
        next += own;
    return next >= len || plain[next] == ' ' || plain[next] == UNIT_NOTHING;
}

/* An ordinal ("1. September"), a letter ("z. B.") or "Nr." ends no sentence. */
static bool is_abbreviation(const char *plain, size_t start, size_t at)
{
    size_t word = at;
    while (word > start && plain[word - 1] != ' ')
        word--;
    bool number = strspn(plain + word, "0123456789") >= at - word;
    bool short_word = at - word <= 1 || (at - word == 2 && strchr("Nn", plain[word]) != NULL);
    return plain[at] == '.' && ((number && at - word <= 2) || short_word) &&
           (unsigned char)plain[word] < 0x80;
}

/* Without a full stop a quotation mark may end it: "...하세요”". */
static void trim_end(const char *plain, struct sentence *s)
{
    for (size_t back = 1; back <= 3 && s->end >= s->start + back; back++) {
        if (plain[s->end - back] == UNIT_NOTHING || plain[s->end - back] == ' ' ||
            closer_length(plain, s->end - back, s->end) == back) {
            s->end -= back;
            back = 0;
        }
    }
}

static bool next_sentence(const struct unit *unit, size_t from, struct sentence *out)
{
    const char *plain = unit->plain;
    while (from < unit->plain_len && (plain[from] == ' ' || plain[from] == UNIT_NOTHING))
        from++;
    size_t at = from;
    while (at < unit->plain_len &&
           (!is_closing(plain, at, unit->plain_len) || is_abbreviation(plain, from, at)))
        at++;
    *out = (struct sentence){from, at, at < unit->plain_len};
    if (!out->closed)
        trim_end(plain, out);
    return from < unit->plain_len;
}

/* ---- how they end ---- */

static bool ends_with(const char *plain, const struct sentence *s, const char *ending)
{
    size_t len = strlen(ending);
    return s->end - s->start >= len && memcmp(plain + s->end - len, ending, len) == 0;
}

static const char *find_ending(const char *plain, const struct sentence *s,
                               const struct yaml_node *endings)
{
    for (size_t i = 0; endings != NULL && i < endings->count; i++)
        if (endings->items[i]->text != NULL && ends_with(plain, s, endings->items[i]->text))
            return endings->items[i]->text;
    return NULL;
}

/* Plain endings (한다) count only before a full stop: without one they end a noun or an item. */
static const char *familiar_ending(const struct lint_letter *l, const struct unit *unit,
                                   const struct sentence *s)
{
    const char *ending = find_ending(unit->plain, s, lint_list(l, "informal_endings"));
    if (ending != NULL || !s->closed)
        return ending;
    if (find_ending(unit->plain, s, lint_list(l, "formal_endings")) != NULL)
        return NULL;
    return find_ending(unit->plain, s, lint_list(l, "plain_endings"));
}

static void check_ending(const struct lint_letter *l, const struct unit *unit,
                         const struct sentence *s)
{
    const char *ending = familiar_ending(l, unit, s);
    if (ending == NULL)
        return;
    struct place at = units_place(l->units, unit, s->end - strlen(ending));
    problems_add_warning(l->problems, &at, "ko-formality",
                         "\"%s\" ending in a formal letter: end the sentence in -습니다 or -십시오",
                         ending);
}

/* ---- how long they are ---- */

static size_t count_words(const char *plain, const struct sentence *s)
{
    size_t words = 0;
    bool inside = false;
    for (size_t i = s->start; i < s->end; i++) {
        bool blank = plain[i] == ' ' || plain[i] == UNIT_NOTHING;
        words += !blank && !inside ? 1 : 0;
        inside = !blank;
    }
    return words;
}

static void check_length(const struct lint_letter *l, const struct unit *unit,
                         const struct sentence *s)
{
    int64_t most = SENTENCE_WORDS_MAX;
    const char *own = locale_text(l->locale, "lint.sentence_words");
    size_t words = count_words(unit->plain, s);
    if (own != NULL && (!text_parse_int(own, &most) || most < 1))
        most = SENTENCE_WORDS_MAX;
    struct place at = units_place(l->units, unit, s->start);
    if (words > (size_t)most)
        problems_add(l->problems, PROBLEM_HINT, &at, "reading-level",
                     "%zu-word sentence: two shorter ones are easier to read", words);
}

void lint_sentences(const struct lint_letter *l)
{
    for (size_t i = 0; i < l->units->count; i++) {
        const struct unit *unit = &l->units->items[i];
        struct sentence s = {0, 0, false};
        for (size_t from = 0; next_sentence(unit, from, &s); from = s.end + 1) {
            check_ending(l, unit, &s);
            if (unit->kind != UNIT_FIELD)
                check_length(l, unit, &s);
        }
    }
}
