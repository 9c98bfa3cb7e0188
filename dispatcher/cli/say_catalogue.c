#include "cli/say_catalogue.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "base/yaml.h"
#include "cli/say_format.h"

#define LITERAL_MIN 8 /* bytes a sentence must have besides its holes to be known again */
#define DEPTH_MAX   4 /* sentences within sentences */
#define ERRNO_MAX   200

struct entry {
    const char *english, *translation;   /* borrowed from the tree */
    char *own_english, *own_translation; /* of what was learned */
};

struct catalogue {
    struct yaml_node *tree;
    struct entry *entries; /* by their English */
    size_t count;
    struct entry *learned; /* their texts are owned */
    size_t learned_count;
};

/* The files themselves, as they are, between two names. */
#define EMBED(name, file)                                                                          \
    __asm__(".section .rodata\n"                                                                   \
            ".global " #name "_begin\n" #name "_begin:\n"                                          \
            ".incbin \"" file "\"\n"                                                               \
            ".global " #name "_end\n" #name "_end:\n"                                              \
            ".byte 0\n"                                                                            \
            ".text\n");                                                                            \
    extern const char name##_begin[], name##_end[]

EMBED(messages_de, "locales/messages/de.yaml");
EMBED(messages_ko, "locales/messages/ko.yaml");

/* ---- reading ---- */

static int compare_entries(const void *a, const void *b)
{
    const struct entry *one = a, *other = b;
    return strcmp(one->english, other->english);
}

static bool may_stand(const struct yaml_node *item)
{
    struct format english, translation;
    return item->kind == YAML_SCALAR && item->text[0] != '\0' && format_read(item->key, &english) &&
           format_read(item->text, &translation) && format_fits(&translation, &english);
}

int catalogue_parse(const char *text, size_t len, struct catalogue **out, struct error *err)
{
    struct yaml_node *tree = NULL;
    int rc = yaml_parse(text, len, "messages", 1, &tree, err);
    *out = NULL;
    if (rc != 0)
        return rc;
    struct catalogue *c = xcalloc(1, sizeof(*c));
    c->tree = tree;
    c->entries = xcalloc(tree->count + 1, sizeof(*c->entries));
    for (size_t i = 0; tree->kind == YAML_MAP && i < tree->count; i++) {
        const struct yaml_node *item = tree->items[i];
        if (may_stand(item))
            c->entries[c->count++] =
                (struct entry){.english = item->key, .translation = item->text};
    }
    qsort(c->entries, c->count, sizeof(*c->entries), compare_entries);
    *out = c;
    return 0;
}

struct catalogue *catalogue_open(const char *language)
{
    const struct {
        const char *language, *begin, *end;
    } files[] = {
        {"de", messages_de_begin, messages_de_end},
        {"ko", messages_ko_begin, messages_ko_end},
    };
    struct catalogue *c = NULL;
    struct error ignored;
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        if (!text_equal(files[i].language, language))
            continue;
        size_t len = (size_t)(files[i].end - files[i].begin);
        if (catalogue_parse(files[i].begin, len, &c, &ignored) != 0)
            return NULL; /* then it is English; a test reads both files */
    }
    return c;
}

void catalogue_free(struct catalogue *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->learned_count; i++) {
        free(c->learned[i].own_english);
        free(c->learned[i].own_translation);
    }
    yaml_free(c->tree);
    free(c->learned);
    free(c->entries);
    free(c);
}

void catalogue_learn(struct catalogue *c, const char *english, const char *translation)
{
    struct format from, to;
    if (!format_read(english, &from) || !format_read(translation, &to) || !format_fits(&to, &from))
        return;
    c->learned = xreallocarray(c->learned, c->learned_count + 1, sizeof(*c->learned));
    struct entry *e = &c->learned[c->learned_count++];
    *e = (struct entry){.own_english = xstrdup(english), .own_translation = xstrdup(translation)};
    e->english = e->own_english;
    e->translation = e->own_translation;
}

const char *catalogue_find(const struct catalogue *c, const char *english)
{
    if (c == NULL)
        return NULL;
    const struct entry wanted = {.english = english};
    const struct entry *found =
        bsearch(&wanted, c->entries, c->count, sizeof(*c->entries), compare_entries);
    for (size_t i = 0; found == NULL && i < c->learned_count; i++) {
        if (strcmp(c->learned[i].english, english) == 0)
            found = &c->learned[i];
    }
    return found != NULL ? found->translation : NULL;
}

/* ---- knowing a sentence again ---- */

struct capture {
    const char *text;
    size_t len;
};

static bool is_number(enum format_kind kind)
{
    return kind != FORMAT_LITERAL && kind != FORMAT_TEXT && kind != FORMAT_CHAR &&
           kind != FORMAT_HEX;
}

static bool holds_number(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)text[i]) && text[i] != '-' && text[i] != '.')
            return false;
    }
    return len > 0;
}

/* The shortest filling of each hole that lets the rest fit. */
static bool fits_from(const struct format *f, size_t piece, struct capture rest,
                      struct capture captures[FORMAT_VALUES_MAX])
{
    if (piece == f->count)
        return rest.len == 0;
    const struct format_piece *p = &f->pieces[piece];
    if (p->kind == FORMAT_LITERAL) {
        bool same = rest.len >= p->len && memcmp(rest.text, p->text, p->len) == 0;
        return same && fits_from(f, piece + 1,
                                 (struct capture){rest.text + p->len, rest.len - p->len}, captures);
    }
    bool last = piece + 1 == f->count;
    for (size_t len = last ? rest.len : 0; len <= rest.len; len++) {
        if (is_number(p->kind) && len > 0 && !holds_number(rest.text, len))
            return false;
        struct capture behind = {rest.text + len, rest.len - len};
        bool filled = !is_number(p->kind) || len > 0;
        if (filled && fits_from(f, piece + 1, behind, captures)) {
            captures[p->value] = (struct capture){rest.text, len};
            return true;
        }
    }
    return false;
}

static size_t literal_length(const struct format *f)
{
    size_t len = 0;
    for (size_t i = 0; i < f->count; i++)
        len += f->pieces[i].kind == FORMAT_LITERAL ? f->pieces[i].len : 0;
    return len;
}

static bool has_numbers_only(const struct format *f)
{
    for (size_t i = 0; i < f->value_count; i++) {
        if (!is_number(f->values[i]))
            return false;
    }
    return f->value_count > 0;
}

/* "51 h" is short and yet no name of anything; a file says which of its sentences are. */
static size_t least_literal(const struct entry *e, const struct format *f)
{
    return has_numbers_only(f) || e->own_english != NULL ? 2 : LITERAL_MIN;
}

/* Else "%s is %s" would swallow several lines, each of which is a sentence. */
static bool has_lines(const struct entry *e)
{
    return strchr(e->english, '\n') != NULL;
}

/* "%s:%d:1: a line is ...": the position belongs to the sentence. */
static bool has_position(const struct entry *e)
{
    const char *end = strstr(e->english, ": ");
    return end != NULL && end > e->english && (isdigit((unsigned char)end[-1]) || end[-1] == 'd');
}

/* The sentence with the most words of its own: what is said in general also fits what is said in
 * particular. */
static const struct entry *find_among(const struct entry *entries, size_t count,
                                      struct capture sentence,
                                      struct capture captures[FORMAT_VALUES_MAX])
{
    const struct entry *best = NULL;
    size_t best_literal = 0;
    bool lines = memchr(sentence.text, '\n', sentence.len) != NULL;
    for (size_t i = 0; i < count; i++) {
        struct format f;
        struct capture filled[FORMAT_VALUES_MAX] = {{0}};
        if (!format_read(entries[i].english, &f) || (lines && !has_lines(&entries[i])))
            continue;
        size_t literal = literal_length(&f);
        if (literal <= best_literal || literal > sentence.len ||
            literal < least_literal(&entries[i], &f) || !fits_from(&f, 0, sentence, filled))
            continue;
        best = &entries[i];
        best_literal = literal;
        memcpy(captures, filled, sizeof(filled));
    }
    return best;
}

/* What was learned says how the whole is put together, and of pieces that are sentences. */
static const struct entry *find_made(const struct catalogue *c, struct capture sentence,
                                     struct capture captures[FORMAT_VALUES_MAX])
{
    const struct entry *found = find_among(c->learned, c->learned_count, sentence, captures);
    return found != NULL ? found : find_among(c->entries, c->count, sentence, captures);
}

/* How deep within sentences, whether what fills a hole may be a list, and whether only sentences
 * with a position of their own are meant. */
struct level {
    int depth;
    bool lists, placed;
};

static struct level deeper(struct level at)
{
    return (struct level){at.depth + 1, at.lists, false};
}

static void put_line(const struct catalogue *c, struct buf *out, struct capture line,
                     struct level at);

/* "a, b or c" */
static void put_list(const struct catalogue *c, struct buf *out, struct capture list)
{
    static const char *const joints[] = {" and ", " or "};
    while (list.len > 0) {
        const char *said = NULL;
        size_t step = 1;
        for (size_t i = 0; i < COUNT_OF(joints) && said == NULL; i++) {
            step = strlen(joints[i]);
            if (list.len > step && memcmp(list.text, joints[i], step) == 0)
                said = catalogue_find(c, joints[i]);
        }
        step = said != NULL ? step : 1;
        buf_put(out, said != NULL ? said : list.text, said != NULL ? strlen(said) : 1);
        list = (struct capture){list.text + step, list.len - step};
    }
}

/* "email, sms or webhook", as text_put_choice() has it: single words, and " or " before the last.
 */
static bool is_choice(struct capture list)
{
    const char *end = list.text + list.len, *last = memmem(list.text, list.len, " or ", 4);
    if (last == NULL || last == list.text ||
        memchr(last + 4, ' ', (size_t)(end - last) - 4) != NULL)
        return false;
    for (const char *at = list.text + 1; at < last; at++) {
        if (*at == ' ' && at[-1] != ',')
            return false;
    }
    return true;
}

static void put_lines(const struct catalogue *c, struct buf *out, struct capture lines,
                      struct level at)
{
    while (lines.len > 0) {
        const char *end = memchr(lines.text, '\n', lines.len);
        size_t len = end != NULL ? (size_t)(end - lines.text) : lines.len;
        size_t past = end != NULL ? len + 1 : len;
        put_line(c, out, (struct capture){lines.text, len}, at);
        buf_put(out, lines.text + len, past - len);
        lines = (struct capture){lines.text + past, lines.len - past};
    }
}

/* What fills a hole may be a sentence of its own, or several, one a line. */
static void put_capture(const struct catalogue *c, struct buf *out, struct capture capture,
                        struct level at)
{
    if (at.depth < DEPTH_MAX && memchr(capture.text, ' ', capture.len) != NULL)
        put_lines(c, out, capture, deeper(at));
    else
        buf_put(out, capture.text, capture.len);
}

static bool is_quoted(struct capture line, struct capture capture)
{
    return capture.text > line.text && capture.text[-1] == '"';
}

static bool put_known(const struct catalogue *c, struct buf *out, struct capture line,
                      struct level at)
{
    struct capture captures[FORMAT_VALUES_MAX] = {{0}};
    struct format translation;
    const struct entry *found = find_made(c, line, captures);
    at.lists = at.lists || (found != NULL && found->own_english != NULL);
    if (found == NULL || (at.placed && !has_position(found)) ||
        !format_read(found->translation, &translation))
        return false;
    for (size_t i = 0; i < translation.count; i++) {
        const struct format_piece *p = &translation.pieces[i];
        if (p->kind == FORMAT_LITERAL)
            buf_put(out, p->text, p->len);
        else if (at.lists && is_quoted(line, captures[p->value]))
            buf_put(out, captures[p->value].text, captures[p->value].len);
        else if (captures[p->value].text != NULL)
            put_capture(c, out, captures[p->value], at);
    }
    return true;
}

/* The position of "FILE:12:3: sentence", up to the sentence; 0: there is none. */
static size_t position_length(struct capture line)
{
    const char *end = memmem(line.text, line.len, ": ", 2);
    if (end == NULL || end == line.text || !isdigit((unsigned char)end[-1]))
        return 0;
    return (size_t)(end - line.text) + 2;
}

/* Where ": No such file or directory" begins; the whole length: it does not end so. */
static size_t length_without_errno(struct capture line)
{
    for (int number = 1; number < ERRNO_MAX; number++) {
        const char *meaning = strerrordesc_np(number);
        size_t len = meaning != NULL ? strlen(meaning) : 0;
        if (len == 0 || line.len < len + 2)
            continue;
        const char *tail = line.text + line.len - len;
        if (memcmp(tail, meaning, len) == 0 && memcmp(tail - 2, ": ", 2) == 0)
            return line.len - len - 2;
    }
    return line.len;
}

/* ": No such file or directory", in the operator's language where the catalogue has it. */
static void put_errno(const struct catalogue *c, struct buf *out, struct capture tail)
{
    char meaning[80];
    if (tail.len <= 2 || tail.len - 2 >= sizeof(meaning)) {
        buf_put(out, tail.text, tail.len);
        return;
    }
    memcpy(meaning, tail.text + 2, tail.len - 2);
    meaning[tail.len - 2] = '\0';
    const char *translated = catalogue_find(c, meaning);
    buf_printf(out, ": %s", translated != NULL ? translated : meaning);
}

/* "PROBLEM: what to do" is also told as "PROBLEM; what to do". */
static bool put_with_colon(const struct catalogue *c, struct buf *out, struct capture sentence,
                           size_t semicolon, struct level at)
{
    struct buf copy = {0};
    buf_put(&copy, sentence.text, sentence.len);
    copy.data[semicolon] = ':';
    bool known = put_known(c, out, (struct capture){copy.data, copy.len}, at);
    buf_free(&copy);
    return known;
}

/* '"to/email" PROBLEM', "`api.listen` PROBLEM": a name, then what is wrong with it. */
static size_t name_length(struct capture sentence)
{
    const char *end = NULL;
    if (sentence.len > 1 && (sentence.text[0] == '"' || sentence.text[0] == '`'))
        end = memchr(sentence.text + 1, sentence.text[0], sentence.len - 1);
    size_t len = end != NULL ? (size_t)(end - sentence.text) + 2 : 0;
    return len > 0 && len <= sentence.len && end[1] == ' ' ? len : 0;
}

/* "A has not approved it. B took it back. ": several sentences, each with what ends it. */
static bool put_first_of_several(const struct catalogue *c, struct buf *out,
                                 struct capture sentence, struct level at)
{
    const char *end = memmem(sentence.text, sentence.len, ". ", 2);
    while (end != NULL && at.depth < DEPTH_MAX) {
        size_t len = (size_t)(end - sentence.text) + 2, rest = sentence.len - len;
        if (put_known(c, out, (struct capture){sentence.text, len}, at)) {
            put_line(c, out, (struct capture){sentence.text + len, rest}, deeper(at));
            return true;
        }
        end = memmem(end + 2, rest, ". ", 2);
    }
    return false;
}

/* What is made of two: "email: PROBLEM", "PROBLEM; what to do". */
static bool put_pieces(const struct catalogue *c, struct buf *out, struct capture sentence,
                       struct level at)
{
    const char *colon = memmem(sentence.text, sentence.len, ": ", 2);
    const char *semicolon = memmem(sentence.text, sentence.len, "; ", 2);
    const char *cut = colon == NULL || (semicolon != NULL && semicolon < colon) ? semicolon : colon;
    size_t name = name_length(sentence);
    if (put_first_of_several(c, out, sentence, at))
        return true;
    if (at.depth >= DEPTH_MAX || (cut == NULL && name == 0))
        return false;
    if (name > 0) {
        buf_put(out, sentence.text, name);
        put_line(c, out, (struct capture){sentence.text + name, sentence.len - name}, deeper(at));
        return true;
    }
    if (semicolon != NULL &&
        put_with_colon(c, out, sentence, (size_t)(semicolon - sentence.text), at))
        return true;
    size_t len = (size_t)(cut - sentence.text);
    put_capture(c, out, (struct capture){sentence.text, len}, at);
    buf_put(out, cut, 2);
    put_line(c, out, (struct capture){cut + 2, sentence.len - len - 2}, deeper(at));
    return true;
}

static size_t known_length(const struct catalogue *c, struct capture sentence)
{
    struct capture ignored[FORMAT_VALUES_MAX];
    struct format f;
    const struct entry *found = find_made(c, sentence, ignored);
    return found != NULL && format_read(found->english, &f) ? literal_length(&f) : 0;
}

/* "`port` must be a list", "`url`: the host is too long": what is said of any list or url says more
 * than "%s must be %s". */
static bool is_better_apart(const struct catalogue *c, struct capture sentence)
{
    const char *colon = memmem(sentence.text, sentence.len, ": ", 2);
    size_t name = name_length(sentence);
    if (name == 0 && colon != NULL && sentence.text[0] == '`')
        name = (size_t)(colon - sentence.text) + 2;
    struct capture rest = {sentence.text + name, sentence.len - name};
    return name > 0 && known_length(c, rest) > known_length(c, sentence);
}

static bool put_known_or_pieces(const struct catalogue *c, struct buf *out, struct capture sentence,
                                struct level at)
{
    return (!is_better_apart(c, sentence) && put_known(c, out, sentence, at)) ||
           put_pieces(c, out, sentence, at);
}

/* A whole sentence, with its position before it and the system's word behind it if there are any.
 */
static void put_line(const struct catalogue *c, struct buf *out, struct capture line,
                     struct level at)
{
    size_t position = position_length(line), end = length_without_errno(line);
    const struct level placed = {at.depth, at.lists, true};
    if (position > 0 && put_known(c, out, line, placed))
        return;
    struct capture sentence = {line.text + position, end - position};
    if (position > 0 && known_length(c, sentence) == 0 && put_known(c, out, line, at))
        return; /* "2027-01-31 09:00:00 +0100: that is over" */
    buf_put(out, line.text, position);
    bool known = put_known_or_pieces(c, out, sentence, at);
    if (!known && (at.lists || (at.depth > 0 && is_choice(sentence))))
        put_list(c, out, sentence);
    else if (!known)
        buf_put(out, sentence.text, sentence.len);
    put_errno(c, out, (struct capture){line.text + end, line.len - end});
}

void catalogue_put_sentence(const struct catalogue *c, struct buf *out, const char *sentence)
{
    struct capture whole = {sentence, strlen(sentence)};
    const struct level top = {0};
    if (c != NULL && strchr(sentence, '\n') != NULL && put_known(c, out, whole, top))
        return;
    if (c != NULL)
        put_lines(c, out, whole, top);
    else
        buf_puts(out, sentence);
}
