#include "letters/translate_po.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

/* ---- reading ---- */

enum part { PART_NONE, PART_CONTEXT, PART_SOURCE, PART_TRANSLATION };

struct reader {
    const char *file;
    const char *at, *end; /* of the line */
    const char *line_start;
    int line;
    struct po *out;
    struct buf parts[4];
    bool has[4];
    bool fuzzy;
    enum part current;
    int source_line;
};

static int fail(const struct reader *r, struct error *err, const char *text)
{
    int column = 1;
    for (const char *p = r->line_start; p < r->at;) {
        utf8_next(&p, r->end);
        column++;
    }
    return error_set(err, ERR_INPUT, "%s:%d:%d: %s", r->file, r->line, column, text);
}

static bool is_known(const struct po *po, const char *context, const char *source)
{
    for (size_t i = 0; i < po->count; i++)
        if (strcmp(po->entries[i].context, context) == 0 &&
            strcmp(po->entries[i].source, source) == 0)
            return true;
    return false;
}

/* What was read so far is an entry. */
static int finish_entry(struct reader *r, struct error *err)
{
    const char *context = buf_text(&r->parts[PART_CONTEXT]);
    const char *source = buf_text(&r->parts[PART_SOURCE]);
    if (!r->has[PART_SOURCE] && !r->has[PART_CONTEXT])
        return 0;
    if (!r->has[PART_SOURCE] || !r->has[PART_TRANSLATION])
        return fail(r, err, "the entry above has no msgid or no msgstr");
    if (is_known(r->out, context, source))
        return fail(r, err, "the entry above is there twice");
    r->out->entries = xreallocarray(r->out->entries, r->out->count + 1, sizeof(*r->out->entries));
    r->out->entries[r->out->count++] =
        (struct po_entry){.context = xstrdup(context),
                          .source = xstrdup(source),
                          .translation = xstrdup(buf_text(&r->parts[PART_TRANSLATION])),
                          .fuzzy = r->fuzzy,
                          .line = r->source_line};
    for (size_t i = 0; i < COUNT_OF(r->parts); i++) {
        buf_reset(&r->parts[i]);
        r->has[i] = false;
    }
    r->fuzzy = false;
    r->current = PART_NONE;
    return 0;
}

static int read_escape(struct reader *r, struct error *err)
{
    static const struct {
        char sign, byte;
    } escapes[] = {{'n', '\n'}, {'t', '\t'}, {'"', '"'}, {'\\', '\\'}};
    for (size_t i = 0; i < COUNT_OF(escapes); i++) {
        if (r->at + 1 < r->end && r->at[1] == escapes[i].sign) {
            buf_putc(&r->parts[r->current], escapes[i].byte);
            r->at += 2;
            return 0;
        }
    }
    return fail(r, err, "a backslash stands before n, t, \" or another backslash only");
}

/* "..." and nothing behind it. */
static int read_string(struct reader *r, struct error *err)
{
    int rc = 0;
    if (r->at == r->end || *r->at != '"')
        return fail(r, err, "a text in quotes must stand here");
    if (r->current == PART_NONE)
        return fail(r, err, "this text belongs to nothing: msgid or msgstr is missing before it");
    r->at++;
    while (rc == 0 && r->at < r->end && *r->at != '"') {
        if (*r->at == '\\')
            rc = read_escape(r, err);
        else
            buf_putc(&r->parts[r->current], *r->at++);
    }
    if (rc == 0 && r->at == r->end)
        return fail(r, err, "the quotation mark at the end of this text is missing");
    r->at += rc == 0 ? 1 : 0;
    while (rc == 0 && r->at < r->end && strchr(" \t\r", *r->at) != NULL)
        r->at++;
    return rc == 0 && r->at < r->end
               ? fail(r, err,
                      "nothing may stand behind a text; write \\\" for a quotation mark "
                      "in it")
               : rc;
}

static int begin_part(struct reader *r, enum part part, size_t len, struct error *err)
{
    int rc = 0;
    if (part == PART_CONTEXT || (part == PART_SOURCE && !r->has[PART_CONTEXT]) ||
        (part == PART_SOURCE && r->has[PART_SOURCE]))
        rc = finish_entry(r, err);
    if (rc == 0 && r->has[part])
        return fail(r, err, "this stands twice in one entry");
    if (rc == 0 && part == PART_TRANSLATION && !r->has[PART_SOURCE])
        return fail(r, err, "a msgstr without its msgid");
    r->has[part] = true;
    r->current = part;
    r->source_line = part == PART_SOURCE ? r->line : r->source_line;
    r->at += len;
    r->at += strspn(r->at, " \t");
    return rc == 0 ? read_string(r, err) : rc;
}

/* "#, fuzzy" says of the next entry that nobody has confirmed it; other comments are for people. */
static int read_comment(struct reader *r, struct error *err)
{
    int rc = r->has[PART_TRANSLATION] ? finish_entry(r, err) : 0;
    if (r->end - r->at > 1 && r->at[1] == ',' &&
        memmem(r->at, (size_t)(r->end - r->at), "fuzzy", 5) != NULL)
        r->fuzzy = true;
    return rc;
}

static int read_line(struct reader *r, struct error *err)
{
    static const struct {
        const char *word;
        enum part part;
    } words[] = {{"msgctxt", PART_CONTEXT},
                 {"msgid_plural", PART_NONE},
                 {"msgid", PART_SOURCE},
                 {"msgstr[", PART_NONE},
                 {"msgstr", PART_TRANSLATION}};
    while (r->at < r->end && strchr(" \t\r", *r->at) != NULL)
        r->at++;
    if (r->at == r->end)
        return r->has[PART_TRANSLATION] ? finish_entry(r, err) : 0;
    if (*r->at == '#')
        return read_comment(r, err);
    if (*r->at == '"')
        return read_string(r, err);
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t len = strlen(words[i].word);
        if ((size_t)(r->end - r->at) < len || memcmp(r->at, words[i].word, len) != 0)
            continue;
        return words[i].part != PART_NONE
                   ? begin_part(r, words[i].part, len, err)
                   : fail(r, err, "letters have no plural forms: a sentence fits any number");
    }
    return fail(r, err, "a line begins with #, msgctxt, msgid, msgstr or a quotation mark");
}

static int check_charset(const struct po *po, const char *file, struct error *err)
{
    char *type = po_header(po, "Content-Type");
    bool utf8 = type != NULL && strcasestr(type, "charset=UTF-8") != NULL;
    free(type);
    return utf8 ? 0
                : error_set(err, ERR_INPUT,
                            "%s:1:1: the header must say \"Content-Type: text/plain; "
                            "charset=UTF-8\": save the file as UTF-8",
                            file);
}

int po_parse(const char *text, size_t len, const char *file, struct po *out, struct error *err)
{
    struct reader r = {.file = file, .out = out};
    const char *at = text, *stop = text + len;
    int rc = 0;
    *out = (struct po){0};
    if (!utf8_valid(text, len) || memchr(text, '\0', len) != NULL)
        return error_set(err, ERR_INPUT, "%s: this file is not UTF-8 text", file);
    while (rc == 0 && at < stop) {
        const char *newline = memchr(at, '\n', (size_t)(stop - at));
        r.line++;
        r.at = r.line_start = at;
        r.end = newline != NULL ? newline : stop;
        rc = read_line(&r, err);
        at = newline != NULL ? newline + 1 : stop;
    }
    if (rc == 0)
        rc = finish_entry(&r, err);
    for (size_t i = 0; i < COUNT_OF(r.parts); i++)
        buf_free(&r.parts[i]);
    return rc == 0 ? check_charset(out, file, err) : rc;
}

void po_free(struct po *po)
{
    for (size_t i = 0; i < po->count; i++) {
        free(po->entries[i].context);
        free(po->entries[i].source);
        free(po->entries[i].translation);
    }
    free(po->entries);
    *po = (struct po){0};
}

char *po_header(const struct po *po, const char *name)
{
    const char *line = NULL;
    for (size_t i = 0; i < po->count && line == NULL; i++)
        if (po->entries[i].source[0] == '\0' && po->entries[i].context[0] == '\0')
            line = po->entries[i].translation;
    size_t len = strlen(name);
    while (line != NULL && *line != '\0') {
        size_t rest = strcspn(line, "\n");
        if (rest > len + 1 && strncasecmp(line, name, len) == 0 && line[len] == ':') {
            size_t gap = strspn(line + len + 1, " ");
            return xstrndup(line + len + 1 + gap, rest - len - 1 - gap);
        }
        line += rest + (line[rest] == '\n' ? 1 : 0);
    }
    return NULL;
}

/* ---- writing ---- */

static void put_string(struct buf *out, const char *text, size_t len)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n')
            buf_puts(out, "\\n");
        else if (text[i] == '\t')
            buf_puts(out, "\\t");
        else if (text[i] == '"' || text[i] == '\\')
            buf_printf(out, "\\%c", text[i]);
        else
            buf_putc(out, text[i]);
    }
    buf_puts(out, "\"\n");
}

void po_put_text(struct buf *out, const char *keyword, const char *text)
{
    const char *newline = strchr(text, '\n');
    buf_printf(out, "%s ", keyword);
    if (newline == NULL || newline[1] == '\0') {
        put_string(out, text, strlen(text));
        return;
    }
    put_string(out, "", 0);
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        len += text[len] == '\n' ? 1 : 0;
        put_string(out, text, len);
        text += len;
    }
}
