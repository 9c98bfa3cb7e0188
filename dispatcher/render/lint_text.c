#include "render/lint_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "base/unicode.h"
#include "base/yaml.h"
#include "render/letter_lint.h"
#include "render/library_backend.h"
#include "render/lint_letter.h"
#include "render/lint_parity.h"

/* The texts of one language; `locale` NULL: nobody here knows its words. */
struct tongue {
    char *tag;
    const struct locale *locale;
    struct units units;
};

struct lint_texts {
    struct lint_text_options options;
    char *path;
    struct buf source;
    struct tongue *tongues;
    size_t count;
    const char **links;
    size_t link_count;
};

/* ---- gathering ---- */

static struct tongue *add_tongue(struct lint_texts *t, const char *tag, const struct locale *locale)
{
    t->tongues = xreallocarray(t->tongues, t->count + 1, sizeof(*t->tongues));
    struct tongue *one = &t->tongues[t->count++];
    *one = (struct tongue){.tag = xstrdup(tag), .locale = locale};
    units_open(buf_text(&t->source), t->source.len, t->path, &one->units);
    return one;
}

static struct tongue *tongue_of(struct lint_texts *t, const char *tag)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->tongues[i].tag, tag) == 0)
            return &t->tongues[i];
    const struct library *l = t->options.library;
    int at = l != NULL ? locale_lookup(tag, l->locale_tags, l->locale_count) : -1;
    return add_tongue(t, tag, at >= 0 ? l->locales[at] : NULL);
}

static void add_links(struct lint_texts *t, const struct template *letter)
{
    t->links =
        xreallocarray(t->links, t->link_count + letter->links_allowed_count + 1, sizeof(*t->links));
    for (size_t i = 0; i < letter->links_allowed_count; i++)
        t->links[t->link_count++] = letter->links_allowed[i];
}

struct lint_texts *lint_texts_open(const struct lint_text_options *options, const char *path,
                                   const char *source, size_t len)
{
    struct lint_texts *t = xcalloc(1, sizeof(*t));
    const struct library *l = options->library;
    t->options = *options;
    t->path = xstrdup(path);
    buf_put(&t->source, source, len);
    for (size_t i = 0; l != NULL && i < l->locale_count; i++)
        add_tongue(t, l->locale_tags[i], l->locales[i]);
    for (size_t i = 0; l != NULL && i < l->template_count; i++)
        if (options->template_index < 0 || (size_t)options->template_index == i)
            add_links(t, l->templates[i]);
    return t;
}

/* "ko", "de-AT" */
static bool is_tag(const char *key)
{
    size_t len = strspn(key, "abcdefghijklmnopqrstuvwxyz");
    return (len == 2 || len == 3) && (key[len] == '\0' || key[len] == '-');
}

static bool is_localized(const struct yaml_node *node)
{
    bool all = node->kind == YAML_MAP && node->count > 0;
    for (size_t i = 0; all && i < node->count; i++)
        all = node->items[i]->kind == YAML_SCALAR && is_tag(node->items[i]->key);
    return all;
}

static void add_text(struct lint_texts *t, const char *fact, const char *id,
                     const struct yaml_node *text)
{
    for (size_t i = 0; i < text->count; i++)
        units_add_value(&tongue_of(t, text->items[i]->key)->units, text->items[i], id, fact);
}

static void add_below(struct lint_texts *t, const char *fact, const char *id,
                      const struct yaml_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        const char *key = node->kind == YAML_MAP ? node->items[i]->key : NULL;
        struct buf name = {0}, own = {0};
        buf_printf(&name, "%s%s%s", fact, key != NULL && fact[0] != '\0' ? "." : "",
                   key != NULL ? key : "");
        buf_printf(&own, "%s/%zu", id, i);
        lint_texts_add(t, buf_text(&name), buf_text(&own), node->items[i]);
        buf_free(&name);
        buf_free(&own);
    }
}

void lint_texts_add(struct lint_texts *t, const char *fact, const char *id,
                    const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR)
        lint_unwritten(node, t->path, t->options.problems);
    else if (is_localized(node))
        add_text(t, fact, id, node);
    else
        add_below(t, fact, id, node);
}

void lint_unwritten(const struct yaml_node *node, const char *path, struct problems *problems)
{
    struct place at = {path, node->line, node->column + (node->quoted ? 1 : 0)};
    if (node->kind == YAML_SCALAR && node->text != NULL)
        lint_line(node->text, strlen(node->text), &at, problems);
    for (size_t i = 0; i < node->count; i++)
        lint_unwritten(node->items[i], path, problems);
}

/* ---- what does not work in a value ---- */

static bool is_name_begin(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/';
}

/* The first brace: nobody fills in what stands in a value. */
static void check_braces(const struct lint_texts *t, const struct units *u, const struct unit *unit)
{
    const char *text = buf_text(&u->source) + unit->plain_start;
    size_t at = 0;
    while (at < unit->plain_len && text[at] != '{' && text[at] != '}')
        at++;
    if (at == unit->plain_len)
        return;
    bool tag = at + 1 < unit->plain_len && text[at + 1] == text[at];
    struct place place = units_place(u, unit, at);
    problems_add(t->options.problems, tag ? PROBLEM_ERROR : PROBLEM_WARNING, &place, "tag-in-text",
                 "nothing is filled in here, readers would see the braces: write the words");
}

/* `<b>`, `**b**`, `[a](b)`: what a letter may have, a value has as it stands. */
static size_t find_markup(const char *text, size_t len)
{
    static const char *const signs[] = {"**", "__", "](", "&nbsp;", "&amp;", "<!--"};
    size_t first = len;
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        const char *found = memmem(text, len, signs[i], strlen(signs[i]));
        first = found != NULL && (size_t)(found - text) < first ? (size_t)(found - text) : first;
    }
    for (size_t i = 0; i + 1 < first; i++)
        if (text[i] == '<' && is_name_begin(text[i + 1]) && memchr(text + i, '>', len - i) != NULL)
            return i;
    return first;
}

static void check_markup(const struct lint_texts *t, const struct units *u, const struct unit *unit)
{
    size_t at = find_markup(unit->plain, unit->plain_len);
    struct place place = units_place(u, unit, at);
    if (at < unit->plain_len)
        problems_add_warning(t->options.problems, &place, "markup-in-text",
                             "a fact has no Markdown and no HTML, readers would see the signs: "
                             "write the words alone");
}

static void check_normal_form(const struct lint_texts *t, const struct units *u,
                              const struct unit *unit)
{
    const char *text = buf_text(&u->source) + unit->plain_start;
    struct place place = units_place(u, unit, 0);
    if (!unicode_is_nfc(text, unit->plain_len))
        problems_add_error(t->options.problems, &place, "unicode-nfd",
                           "the text is decomposed (often copied on a Mac): write it anew, or "
                           "convert the file to NFC");
}

/* Line by line as in a letter. */
static void check_lines(const struct lint_texts *t, const struct units *u, const struct unit *unit)
{
    const struct letter_options links = {
        .path = t->path,
        .links_allowed = t->links,
        .links_allowed_count = t->link_count,
        .any_host = t->options.library == NULL,
        .problems = t->options.problems,
    };
    const char *source = buf_text(&u->source) + unit->plain_start;
    for (size_t at = 0; at < unit->plain_len;) {
        const char *newline = memchr(source + at, '\n', unit->plain_len - at);
        size_t end = newline != NULL ? (size_t)(newline - source) : unit->plain_len;
        struct place place = units_place(u, unit, at);
        char *line = xstrndup(unit->plain + at, end - at);
        lint_line(line, end - at, &place, t->options.problems);
        lint_urls(line, &place, false, &links);
        free(line);
        at = end + 1;
    }
}

/* ---- the whole ---- */

static void check_words(const struct lint_texts *t, const struct tongue *one)
{
    const struct lint_letter l = {
        .units = &one->units,
        .locale = one->locale,
        .kind = t->options.kind,
        .category = t->options.category,
        .values = true,
        .problems = t->options.problems,
    };
    lint_wording(&l);
    lint_sentences(&l);
}

static void check_tongue(const struct lint_texts *t, const struct tongue *one)
{
    for (size_t i = 0; i < one->units.count; i++) {
        const struct unit *unit = &one->units.items[i];
        check_braces(t, &one->units, unit);
        check_markup(t, &one->units, unit);
        check_normal_form(t, &one->units, unit);
        check_lines(t, &one->units, unit);
    }
    if (one->locale != NULL)
        check_words(t, one);
}

static void check_languages(const struct lint_texts *t)
{
    struct lint_language *languages = xcalloc(t->count + 1, sizeof(*languages));
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++)
        if (t->tongues[i].locale != NULL)
            languages[count++] = (struct lint_language){t->tongues[i].tag, &t->tongues[i].units,
                                                        t->tongues[i].locale};
    lint_untranslated(languages, count, t->options.problems);
    free(languages);
}

void lint_texts_close(struct lint_texts *t)
{
    for (size_t i = 0; i < t->count; i++)
        check_tongue(t, &t->tongues[i]);
    check_languages(t);
    for (size_t i = 0; i < t->count; i++) {
        units_free(&t->tongues[i].units);
        free(t->tongues[i].tag);
    }
    free(t->tongues);
    free(t->links);
    free(t->path);
    buf_free(&t->source);
    free(t);
}
