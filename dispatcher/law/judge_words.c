#include "law/judge_words.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "law/judge_night.h"
#include "law/node.h"
#include "law/words.h"

/* ---- lists of words ---- */

struct word_list {
    const char **words;
    bool *found;
    size_t count;
};

static struct word_list look_for(const struct yaml_node *list, const char *folded)
{
    struct word_list w = {.count = node_count(list)};
    w.words = xcalloc(w.count + 1, sizeof(*w.words));
    w.found = xcalloc(w.count + 1, sizeof(*w.found));
    for (size_t i = 0; i < w.count; i++)
        w.words[i] = node_text(list, i);
    words_find_all(folded, w.words, w.count, w.found);
    return w;
}

static void word_list_free(struct word_list *w)
{
    free(w->words);
    free(w->found);
}

static size_t count_found(const struct word_list *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->count; i++)
        n += w->found[i] ? 1 : 0;
    return n;
}

/* "a, b and c" of those that were found, or of all. */
static void put_words(struct buf *out, const struct word_list *w, bool only_found, const char *last)
{
    size_t total = only_found ? count_found(w) : w->count, n = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (only_found && !w->found[i])
            continue;
        if (n > 0)
            buf_puts(out, n + 1 < total ? ", " : " ");
        if (n > 0 && n + 1 == total)
            buf_printf(out, "%s ", last);
        words_put_name(out, w->words[i]);
        n++;
    }
}

static bool any_found(const struct yaml_node *list, const char *folded)
{
    for (size_t i = 0; i < node_count(list); i++)
        if (words_found(folded, node_text(list, i)))
            return true;
    return false;
}

static const struct yaml_node *of_language(const struct look *look, const struct yaml_node *map)
{
    return node_of_language(map, look->letter->text->locale);
}

static bool is_excused(const struct look *look)
{
    const struct yaml_node *unless = of_language(look, yaml_get(look->rule->node, "unless"));
    return any_found(unless, look->letter->whole);
}

/* ---- words that must be there ---- */

static void report_words(const struct look *look, const struct word_list *w, bool all)
{
    struct buf needed = {0}, found = {0};
    const char *section = yaml_text(look->rule->node, "section");
    struct place at = letter_place(look->letter, section);
    put_words(&needed, w, false, all ? "and" : "or");
    put_words(&found, w, true, "and");
    if (section != NULL && proof_section(look->letter->text->proof, section) == NULL)
        finding_add(look, &at, "the letter has no section {#%s} with %s", section,
                    buf_text(&needed));
    else if (section != NULL && found.len > 0)
        finding_add(look, &at, "needs %s in {#%s}; found: %s", buf_text(&needed), section,
                    buf_text(&found));
    else if (section != NULL)
        finding_add(look, &at, "needs %s in {#%s}; found: nothing", buf_text(&needed), section);
    else if (found.len > 0)
        finding_add(look, &at, "needs %s; found: %s", buf_text(&needed), buf_text(&found));
    else
        finding_add(look, &at, "needs %s; found: nothing", buf_text(&needed));
    buf_free(&needed);
    buf_free(&found);
}

void judge_any_text(const struct look *look)
{
    const struct yaml_node *list = of_language(look, look->rule->value);
    bool all = text_equal(yaml_text(look->rule->node, "mode"), "all");
    if (list == NULL || is_excused(look))
        return;
    struct word_list w =
        look_for(list, letter_words(look->letter, yaml_text(look->rule->node, "section")));
    size_t found = count_found(&w);
    if (all ? found < w.count : found == 0)
        report_words(look, &w, all);
    word_list_free(&w);
}

/* ---- words that must not be there ---- */

static bool is_judged(const struct look *look, const struct letter_piece *piece)
{
    const struct yaml_node *parts = yaml_get(look->rule->node, "part");
    const char *section = yaml_text(look->rule->node, "section");
    for (size_t i = 0; i < node_count(parts); i++)
        if (letter_part_of_name(node_text(parts, i)) == piece->part)
            return true;
    if (parts != NULL)
        return false;
    return section == NULL || (piece->part == PROOF_BODY && strcmp(piece->name, section) == 0);
}

/* The words that were found, as they stand there. */
static size_t put_matches(struct buf *out, const struct yaml_node *list, const char *folded)
{
    size_t count = 0;
    for (size_t i = 0; i < node_count(list); i++) {
        if (!words_found(folded, node_text(list, i)))
            continue;
        buf_puts(out, count++ > 0 ? ", " : "");
        words_put_match(out, folded, node_text(list, i));
    }
    return count;
}

/* The first of the words in the source of the letter; what a fact or a passage says is not there:
 * then the section. */
static struct place place_of_match(const struct look *look, const struct letter_piece *piece,
                                   const struct yaml_node *list, const char *folded)
{
    struct place at = piece->place;
    for (size_t i = 0; i < node_count(list); i++) {
        struct buf word = {0};
        words_put_match(&word, folded, node_text(list, i));
        bool found = word.len > 0 && letter_find_source(look->letter, buf_text(&word), &at);
        buf_free(&word);
        if (found)
            break;
    }
    return at;
}

static bool report_in(const struct look *look, const struct letter_piece *piece,
                      const struct yaml_node *list)
{
    struct buf both = {0}, shown = {0};
    buf_printf(&both, "%s\n%s", piece->heading, piece->text);
    bool bad = put_matches(&shown, list, buf_text(&both)) > 0;
    struct place at = bad ? place_of_match(look, piece, list, buf_text(&both)) : piece->place;
    if (bad && piece->part == PROOF_BODY)
        finding_add(look, &at, "\"%s\" in the text", buf_text(&shown));
    else if (bad)
        finding_add(look, &at, "\"%s\" stands in %s", buf_text(&shown),
                    letter_part_title(piece->part));
    buf_free(&shown);
    buf_free(&both);
    return bad;
}

void judge_pattern(const struct look *look)
{
    const struct yaml_node *list = of_language(look, look->rule->value);
    const struct yaml_node *night = yaml_get(look->rule->node, "night");
    if (list == NULL || is_excused(look) || (night != NULL && !night_is_sent_in(look->c, night)))
        return;
    for (size_t i = 0; i < look->letter->piece_count; i++)
        if (is_judged(look, &look->letter->pieces[i]) &&
            report_in(look, &look->letter->pieces[i], list))
            return;
}

/* ---- headings ---- */

static bool is_heading(const struct letter_piece *piece, const char *wanted)
{
    return piece->part == PROOF_BODY && words_contains(piece->heading, wanted);
}

void judge_headings(const struct look *look)
{
    size_t next = 0;
    const struct letter *l = look->letter;
    struct place at = {l->text->file, 0, 0};
    for (size_t i = 0; i < node_count(look->rule->value); i++) {
        const char *wanted = node_text(look->rule->value, i);
        size_t here = 0;
        while (here < l->piece_count && !is_heading(&l->pieces[here], wanted))
            here++;
        if (here == l->piece_count) {
            finding_add(look, &at, "there is no heading \"%s\"", wanted);
            return;
        }
        if (here < next) {
            finding_add(look, &l->pieces[here].place, "\"%s\" must stand behind \"%s\"", wanted,
                        node_text(look->rule->value, i - 1));
            return;
        }
        next = here;
    }
}

/* ---- begins and ends ---- */

#define SHOWN_CHARACTERS 8

static void put_begin(struct buf *out, const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    for (int i = 0; i < SHOWN_CHARACTERS && at < end; i++)
        utf8_next(&at, end);
    text_put_visible(out, text, (size_t)(at - text));
}

void judge_starts_with(const struct look *look)
{
    const struct yaml_node *parts = yaml_get(look->rule->node, "part");
    const char *wanted = look->rule->value->text;
    struct place at = {look->letter->text->file, 0, 0};
    for (size_t i = 0; i < node_count(parts); i++) {
        enum proof_part part = letter_part_of_name(node_text(parts, i));
        const struct buf *text = letter_part(look->letter, part);
        struct buf begin = {0};
        if (text == NULL || text_starts_with(text->data, wanted))
            continue;
        put_begin(&begin, text->data, text->len);
        finding_add(look, &at, "%s must begin with exactly %s; it begins with \"%s\"",
                    letter_part_title(part), wanted, buf_text(&begin));
        buf_free(&begin);
        return;
    }
}

/* The last line that says something, folded; caller frees. */
static char *last_line(const struct buf *text)
{
    size_t end = text->len;
    while (end > 0 && strchr(" \t\n", text->data[end - 1]) != NULL)
        end--;
    size_t start = end;
    while (start > 0 && text->data[start - 1] != '\n')
        start--;
    struct buf folded = {0};
    words_fold(&folded, text->data + start, end - start);
    return buf_steal(&folded);
}

void judge_last_line(const struct look *look)
{
    const struct yaml_node *parts = yaml_get(look->rule->node, "part");
    struct place at = {look->letter->text->file, 0, 0};
    for (size_t i = 0; i < node_count(parts); i++) {
        enum proof_part part = letter_part_of_name(node_text(parts, i));
        const struct buf *text = letter_part(look->letter, part);
        if (text == NULL)
            continue;
        struct buf needed = {0};
        char *line = last_line(text);
        struct word_list w = look_for(look->rule->value, line);
        put_words(&needed, &w, false, "and");
        if (count_found(&w) < w.count)
            finding_add(look, &at, "the last line of %s needs %s; it is \"%s\"",
                        letter_part_title(part), buf_text(&needed), line);
        word_list_free(&w);
        free(line);
        buf_free(&needed);
    }
}

/* ---- the word for the kind of incident ---- */

void judge_kind_words(const struct look *look)
{
    if (look->c->sheet == NULL)
        return;
    const char *kind = incident_kind_name(look->c->sheet->kind);
    const struct yaml_node *list = yaml_get(of_language(look, look->rule->value), kind);
    struct place at = letter_place(look->letter, "nature");
    struct buf needed = {0};
    node_put_list(&needed, list, "or");
    if (list != NULL && !any_found(list, look->letter->whole))
        finding_add(look, &at, "the incident is of kind %s; the letter does not say %s", kind,
                    buf_text(&needed));
    buf_free(&needed);
}

/* ---- plain language ---- */

/* A full stop within a number is followed by no space; a dash begins the next entry of a list. */
static bool ends_sentence(const char *at)
{
    return strchr(".!?:-", *at) != NULL && (at[1] == ' ' || at[1] == '\0');
}

/* Words of the longest sentence; *out_start is where it begins. */
static int64_t longest_sentence(const char *folded, const char **out_start)
{
    int64_t longest = 0, words = 1;
    const char *start = folded;
    for (const char *at = folded; *at != '\0'; at++) {
        words += *at == ' ' ? 1 : 0;
        if (!ends_sentence(at) && at[1] != '\0')
            continue;
        if (words > longest) {
            longest = words;
            *out_start = start;
        }
        words = 0;
        start = at + 1 + (at[1] == ' ' ? 1 : 0);
    }
    return longest;
}

void judge_sentences(const struct look *look)
{
    int64_t most = 0;
    const struct yaml_node *limit = of_language(look, look->rule->value);
    if (limit == NULL || !text_parse_int(limit->text, &most))
        return;
    for (size_t i = 0; i < look->letter->piece_count; i++) {
        const struct letter_piece *piece = &look->letter->pieces[i];
        const char *start = "";
        int64_t words = piece->part == PROOF_BODY ? longest_sentence(piece->text, &start) : 0;
        if (words <= most)
            continue;
        struct buf begin = {0};
        put_begin(&begin, start, strlen(start));
        finding_add(look, &piece->place, "a sentence of %lld words (\"%s...\"); split it",
                    (long long)words, buf_text(&begin));
        buf_free(&begin);
        return;
    }
}

void judge_section(const struct look *look)
{
    const char *section = look->rule->value->text;
    struct place at = letter_place(look->letter, section);
    if (letter_section(look->letter, section) != NULL)
        return;
    if (proof_section(look->letter->text->proof, section) == NULL)
        finding_add(look, &at, "the letter has no section {#%s}", section);
    else
        finding_add(look, &at, "the section {#%s} is empty", section);
}
