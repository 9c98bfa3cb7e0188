#include "cli/manual_text.h"

#include <stdbool.h>
#include <string.h>

#define COLUMNS_MAX 76

/* What roff would take for its own. */
static void put_escaped(FILE *to, const char *text, size_t len, bool in_macro)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\\')
            fputs("\\e", to);
        else if (text[i] == '"' && in_macro)
            fputs("\\(dq", to);
        else if (text[i] == '`')
            fputs("\\(ga", to);
        else
            putc(text[i], to);
    }
}

void manual_put_argument(FILE *to, const char *text)
{
    fputs(" \"", to);
    put_escaped(to, text, strlen(text), true);
    putc('"', to);
}

static void put_line_start(FILE *to, const char *text)
{
    if (text[0] == '.' || text[0] == '\'')
        fputs("\\&", to);
}

static bool ends_sentence(const char *word, size_t len)
{
    while (len > 1 && strchr(")\"'`", word[len - 1]) != NULL)
        len--;
    return len > 1 && strchr(".!?", word[len - 1]) != NULL;
}

static size_t escaped_width(const char *text, size_t len)
{
    size_t width = len;
    for (size_t i = 0; i < len; i++)
        width += text[i] == '`' ? 3 : text[i] == '\\';
    return width;
}

/* Word by word; a sentence begins a line of its own. */
static void put_paragraph(FILE *to, const char *text, size_t len)
{
    size_t column = 0, at = 0;
    while (at < len) {
        at += strspn(text + at, " \n");
        size_t word = strcspn(text + at, " \n");
        if (at >= len || word == 0)
            break;
        if (at + word > len)
            word = len - at;
        size_t width = escaped_width(text + at, word);
        if (column > 0 && column + width > COLUMNS_MAX) {
            putc('\n', to);
            column = 0;
        }
        if (column > 0)
            putc(' ', to);
        else
            put_line_start(to, text + at);
        put_escaped(to, text + at, word, false);
        column += width + 1;
        if (ends_sentence(text + at, word)) {
            putc('\n', to);
            column = 0;
        }
        at += word;
    }
    if (column > 0)
        putc('\n', to);
}

void manual_put_literal(FILE *to, const char *text, size_t len)
{
    fputs(".Bd -literal\n", to);
    for (size_t at = 0; at < len;) {
        size_t line = strcspn(text + at, "\n");
        if (at + line > len)
            line = len - at;
        size_t indent = strncmp(text + at, "  ", 2) == 0 ? 2 : 0;
        put_line_start(to, text + at + indent);
        put_escaped(to, text + at + indent, line - indent, false);
        putc('\n', to);
        at += line + 1;
    }
    fputs(".Ed\n", to);
}

/* How far the lines go that are as `indented` says, up to an empty line. */
static size_t block_length(const char *text, size_t len, bool indented)
{
    size_t at = 0;
    while (at < len && text[at] != '\n' && (strncmp(text + at, "  ", 2) == 0) == indented) {
        at += strcspn(text + at, "\n");
        at = at < len ? at + 1 : len;
    }
    return at;
}

void manual_put_text(FILE *to, const char *text, size_t len)
{
    bool between = false;
    for (size_t at = 0; at < len;) {
        if (text[at] == '\n') {
            at++;
            continue;
        }
        bool literal = strncmp(text + at, "  ", 2) == 0;
        size_t block = block_length(text + at, len - at, literal);
        if (literal) {
            manual_put_literal(to, text + at, block);
        } else {
            fputs(between ? ".Pp\n" : "", to);
            put_paragraph(to, text + at, block);
        }
        between = true;
        at += block;
    }
}
