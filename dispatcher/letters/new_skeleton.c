#include "letters/new_skeleton.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/place.h"

/* ---- words ---- */

void skeleton_words_add(struct skeleton_words *w, const char *prefix, const char *word)
{
    struct buf text = {0};
    buf_printf(&text, "%s%s", prefix, word);
    w->items = xreallocarray(w->items, w->count + 1, sizeof(*w->items));
    w->items[w->count++] = buf_steal(&text);
}

bool skeleton_words_have(const struct skeleton_words *w, const char *word, size_t len)
{
    for (size_t i = 0; i < w->count; i++) {
        if (strlen(w->items[i]) == len && memcmp(w->items[i], word, len) == 0)
            return true;
    }
    return false;
}

void skeleton_words_free(struct skeleton_words *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->items[i]);
    free(w->items);
    *w = (struct skeleton_words){0};
}

/* ---- marks ---- */

enum mark { MARK_NONE, MARK_ONLY, MARK_NOT, MARK_END, MARK_CUT };

/* A line of the pattern; `words` stand behind the mark. */
struct mark_line {
    enum mark mark;
    const char *words;
    size_t len;
};

static bool starts_with(const char *at, size_t len, const char *prefix)
{
    return len >= strlen(prefix) && memcmp(at, prefix, strlen(prefix)) == 0;
}

static struct mark_line read_mark(const char *line, size_t len)
{
    static const struct {
        const char *word;
        enum mark mark;
    } marks[] = {{"only:", MARK_ONLY}, {"not:", MARK_NOT}, {"end", MARK_END}, {"cut", MARK_CUT}};
    while (len > 0 && *line == ' ') {
        line++;
        len--;
    }
    size_t skip = starts_with(line, len, "{{! ") ? 4 : starts_with(line, len, "# ") ? 2 : 0;
    size_t behind = skip == 4 && len >= 6 ? 2 : 0; /* }} */
    for (size_t i = 0; skip > 0 && i < COUNT_OF(marks); i++) {
        size_t word = strlen(marks[i].word);
        if (!starts_with(line + skip, len - skip - behind, marks[i].word))
            continue;
        const char *words = line + skip + word;
        size_t rest = len - skip - behind - word;
        bool takes = marks[i].mark == MARK_ONLY || marks[i].mark == MARK_NOT;
        if (takes || strspn(words, " ") >= rest)
            return (struct mark_line){marks[i].mark, words, rest};
    }
    return (struct mark_line){.mark = MARK_NONE};
}

static bool is_any_wanted(const struct mark_line *m, const struct skeleton_words *wanted)
{
    for (size_t at = 0; at < m->len;) {
        size_t word = 0;
        while (at + word < m->len && m->words[at + word] != ' ')
            word++;
        if (word > 0 && skeleton_words_have(wanted, m->words + at, word))
            return true;
        at += word + 1;
    }
    return false;
}

/* ---- passages ---- */

struct filter {
    const struct skeleton_words *wanted;
    int depth;
    int unwanted_at; /* depth of the passage that is left out; 0: none is */
};

static void open_passage(struct filter *f, const struct mark_line *m)
{
    bool wanted = is_any_wanted(m, f->wanted) == (m->mark == MARK_ONLY);
    f->depth++;
    if (!wanted && f->unwanted_at == 0)
        f->unwanted_at = f->depth;
}

static void close_passage(struct filter *f)
{
    if (f->unwanted_at == f->depth)
        f->unwanted_at = 0;
    f->depth--;
}

static void take_line(struct filter *f, const char *line, size_t len, struct buf *out)
{
    struct mark_line m = read_mark(line, len);
    switch (m.mark) {
    case MARK_ONLY:
    case MARK_NOT:
        open_passage(f, &m);
        return;
    case MARK_END:
        close_passage(f);
        return;
    case MARK_CUT:
        buf_reset(out);
        return;
    case MARK_NONE:
        break;
    }
    if (f->unwanted_at > 0)
        return;
    buf_put(out, line, len);
    buf_putc(out, '\n');
}

static size_t line_length(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return (size_t)((newline != NULL ? newline : end) - at);
}

int skeleton_filter(const struct buf *pattern, const char *file,
                    const struct skeleton_words *wanted, struct buf *out, struct error *err)
{
    struct filter f = {.wanted = wanted};
    struct place at_line = {file, 0, 1};
    const char *at = buf_text(pattern), *end = at + pattern->len;
    for (; at < end && f.depth >= 0; at++) {
        size_t len = line_length(at, end);
        at_line.line++;
        take_line(&f, at, len, out);
        at += len;
    }
    if (f.depth < 0)
        return place_fail(&at_line, ERR_CONFIG, err, "no passage ends here");
    if (f.depth > 0)
        return place_fail(&at_line, ERR_CONFIG, err, "a passage has no end");
    return 0;
}

/* ---- headings ---- */

/* "## Words {#id}" */
static const char *heading_id(const char *line, size_t len, size_t *out_len)
{
    const char *open = starts_with(line, len, "## ") ? memmem(line, len, "{#", 2) : NULL;
    const char *close = open != NULL ? memchr(open, '}', len - (size_t)(open - line)) : NULL;
    if (close == NULL)
        return NULL;
    *out_len = (size_t)(close - open) - 2;
    return open + 2;
}

void skeleton_note_headings(const struct buf *letter, skeleton_note_fn *fn, void *context,
                            struct buf *out)
{
    const char *at = buf_text(letter), *end = at + letter->len;
    while (at < end) {
        size_t len = line_length(at, end), id_len = 0;
        const char *id = heading_id(at, len, &id_len);
        buf_put(out, at, len);
        buf_putc(out, '\n');
        if (id != NULL)
            fn(context, id, id_len, out);
        at += len + 1;
    }
}

void skeleton_replace(struct buf *text, const char *token, const char *value)
{
    struct buf out = {0};
    const char *at = buf_text(text), *found;
    while ((found = strstr(at, token)) != NULL) {
        buf_put(&out, at, (size_t)(found - at));
        buf_puts(&out, value);
        at = found + strlen(token);
    }
    buf_puts(&out, at);
    buf_free(text);
    *text = out;
}
