#include "render/letter_lint.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "render/code.h"

#define SUBJECT_MAX 78 /* RFC 5322 2.1.1: what a line should have at most */

/* ---- links ---- */

static bool host_allowed(const char *host, size_t len, const struct letter_options *o)
{
    for (size_t i = 0; i < o->links_allowed_count; i++)
        if (strlen(o->links_allowed[i]) == len && strncasecmp(o->links_allowed[i], host, len) == 0)
            return true;
    return false;
}

static void check_host(const struct node *link, const char *host, const struct letter_options *o,
                       const struct body *body)
{
    const char *start, *end;
    size_t len = strcspn(host, "/?#:");
    bool tag = body_find_tag(body, host, &start, &end) != BODY_NO_TAG && start < host + len;
    if (tag || len == 0 || memchr(host, '@', len) != NULL)
        problems_add_error(o->problems, &link->place, "link-host",
                           "write the host of this link out: a tag may stand behind it only");
    else if (!host_allowed(host, len, o))
        problems_add_error(
            o->problems, &link->place, "link-host",
            "%.*s is not in links_allowed of template.yaml: add it there or remove the link",
            (int)len, host);
}

static void check_url(const struct node *link, const struct letter_options *o,
                      const struct body *body)
{
    const char *url = link->text;
    if (text_starts_with(url, "mailto:") || text_starts_with(url, "tel:"))
        return;
    if (text_starts_with(url, "https://"))
        check_host(link, url + strlen("https://"), o, body);
    else if (text_starts_with(url, "http://"))
        problems_add_error(o->problems, &link->place, "link-http",
                           "links must begin with https://, not http://");
    else
        problems_add_error(o->problems, &link->place, "link-scheme",
                           "a link must begin with https://, mailto: or tel:");
}

void lint_links(const struct node *n, const struct letter_options *options, const struct body *body)
{
    if (n->kind == NODE_LINK)
        check_url(n, options, body);
    for (const struct node *child = n->first; child != NULL; child = child->next)
        lint_links(child, options, body);
}

/* ---- words ---- */

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static int columns_before(const char *text, const char *at)
{
    int columns = 0;
    for (; text < at; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

/* The line under the head of a table, `| --- | :-: |`: Markdown as letters know it has none. */
static bool is_table_rule(const char *text, size_t len)
{
    bool bar = memchr(text, '|', len) != NULL;
    return bar && len >= 3 && memmem(text, len, "--", 2) != NULL && strspn(text, "|-: \t") >= len;
}

void lint_line(const char *text, size_t len, const struct place *at, struct problems *problems)
{
    static const char *const words[] = {"TODO", "FIXME", "XXX", "Lorem ipsum", "[Name]", "[name]"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t word_len = strlen(words[i]);
        const char *found = memmem(text, len, words[i], word_len);
        if (found == NULL || (found > text && is_word_char(found[-1])) ||
            (found + word_len < text + len && is_word_char(found[word_len])))
            continue;
        struct place place = *at;
        place.column += columns_before(text, found);
        problems_add_error(problems, &place, "placeholder-text", "\"%s\" is still to be written",
                           words[i]);
    }
    if (is_table_rule(text, len))
        problems_add_error(problems, at, "table", "letters have no tables: write a list");
}

/* ---- particles ---- */

static bool begins_with_hangul(const char *text, const char *end)
{
    if (text >= end)
        return false;
    uint32_t c = utf8_next(&text, end);
    return c >= 0xac00 && c <= 0xd7a3;
}

/* The particle a text begins with, as a word end of its own; NULL if it does not. */
static const char *particle_of(const char *text, size_t len)
{
    static const struct {
        const char *particle, *pair;
    } particles[] = {
        {"은", "은/는"}, {"는", "은/는"}, {"이", "이/가"}, {"가", "이/가"},     {"을", "을/를"},
        {"를", "을/를"}, {"과", "과/와"}, {"와", "과/와"}, {"으로", "으로/로"}, {"로", "으로/로"},
    };
    for (size_t i = 0; i < COUNT_OF(particles); i++) {
        size_t n = strlen(particles[i].particle);
        if (len >= n && memcmp(text, particles[i].particle, n) == 0 &&
            !begins_with_hangul(text + n, text + len))
            return particles[i].pair;
    }
    return NULL;
}

static void check_particles(const struct program *p, struct problems *problems)
{
    for (size_t i = 0; i + 1 < p->count; i++) {
        const struct instruction *value = &p->code[i], *text = value + 1;
        if (value->op != OP_VALUE || text->op != OP_TEXT)
            continue;
        const char *pair = particle_of(text->text, text->len);
        if (pair != NULL)
            problems_add_error(
                problems, &value->place, "ko-josa",
                "a particle stands behind a value, which may end in another sound: write {{%s | "
                "josa:%s}}",
                value->expression->name, pair);
    }
}

static void check_subject(const struct letter *letter, struct problems *problems)
{
    const struct program *p = letter->parts[LETTER_SUBJECT];
    size_t characters = 0;
    const struct place *at = NULL;
    for (size_t i = 0; p != NULL && i < p->count; i++) {
        const struct instruction *text = &p->code[i];
        if (text->op == OP_TEXT)
            characters += (size_t)columns_before(text->text, text->text + text->len);
        at = at == NULL && text->place.file != NULL ? &text->place : at;
    }
    struct place file = {letter->file, 0, 0};
    if (characters > SUBJECT_MAX)
        problems_add_warning(
            problems, at != NULL ? at : &file, "subject-length",
            "the subject has %zu characters without its values; more than %d are often cut",
            characters, SUBJECT_MAX);
}

void lint_parts(const struct letter *letter, struct problems *problems)
{
    for (int part = 0; part < LETTER_PARTS; part++)
        if (letter->parts[part] != NULL && part != LETTER_TEXT &&
            text_starts_with(letter->locale, "ko"))
            check_particles(letter->parts[part], problems);
    check_subject(letter, problems);
}
