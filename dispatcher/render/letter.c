#include "render/letter.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "base/unicode.h"
#include "base/yaml.h"
#include "render/letter_parts.h"
#include "render/letter_lint.h"
#include "render/letter_markdown.h"
#include "render/lint_yaml.h"

#define LETTER_SIZE_MAX (256 * 1024)

/* ---- reading ---- */

static const char *character_problem(uint32_t c)
{
    if (c == 0xfffd)
        return "this is not UTF-8: save the file as UTF-8";
    if (c == 0xe000 || c == 0xe001)
        return "this character has no meaning outside one computer: remove it";
    if ((c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0))
        return "a control character stands here: remove it";
    return NULL;
}

static int check_characters(const struct buf *text, const char *path, struct problems *problems)
{
    struct place at = {path, 1, 1};
    const char *p = buf_text(text), *end = p + text->len;
    while (p < end) {
        uint32_t c = utf8_next(&p, end);
        const char *problem = character_problem(c);
        if (problem != NULL)
            return problems_add_error(problems, &at, "characters", "%s", problem);
        at.line += c == '\n' ? 1 : 0;
        at.column = c == '\n' ? 1 : at.column + 1;
    }
    return 0;
}

/* The column of the character that another one behind it belongs to. */
static int first_decomposed(const char *line, size_t len)
{
    const char *at = line, *end = line + len;
    for (int column = 1; at < end; column++) {
        utf8_next(&at, end);
        if (!unicode_is_nfc(line, (size_t)(at - line)))
            return column > 1 ? column - 1 : 1;
    }
    return 1;
}

/* The first line that is not composed; one problem per file is enough. */
static void check_normal_form(const struct buf *text, const char *path, struct problems *problems)
{
    struct place at = {path, 1, 1};
    const char *p = buf_text(text);
    while (*p != '\0') {
        size_t len = strcspn(p, "\n");
        if (!unicode_is_nfc(p, len)) {
            at.column = first_decomposed(p, len);
            problems_add_error(problems, &at, "unicode-nfd",
                               "the text is decomposed (often copied on a Mac): run `dispatcher "
                               "check --fix`");
            return;
        }
        p += len + (p[len] == '\n' ? 1 : 0);
        at.line++;
    }
}

static void put_lf_lines(const char *text, size_t len, struct buf *out)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] != '\r' || i + 1 == len || text[i + 1] != '\n')
            buf_putc(out, text[i]);
}

int letter_read_source(const char *path, struct problems *problems, struct buf *out)
{
    struct buf raw = {0};
    struct error why = {0};
    int rc = file_read_path(path, LETTER_SIZE_MAX, &raw, &why);
    if (rc < 0) {
        struct place at = {path, 0, 0};
        rc = problems_add_error(problems, &at, "file", "%s", why.text);
    } else {
        size_t bom = text_starts_with(buf_text(&raw), "\xef\xbb\xbf") ? 3 : 0;
        put_lf_lines(buf_text(&raw) + bom, raw.len - bom, out);
        rc = check_characters(out, path, problems);
    }
    if (rc == 0)
        check_normal_form(out, path, problems);
    buf_free(&raw);
    return rc;
}

/* ---- front matter ---- */

struct source {
    const char *front, *body;
    size_t front_len, body_len;
    int body_line;
};

static int count_lines(const char *from, const char *to)
{
    int lines = 0;
    for (; from < to; from++)
        lines += *from == '\n';
    return lines;
}

static int split_source(const struct buf *text, const struct letter_options *o, struct source *out)
{
    const char *start = buf_text(text), *front = start + 4;
    struct place at = {o->path, 1, 1};
    if (!text_starts_with(start, "---\n"))
        return problems_add_error(
            o->problems, &at, "front-matter",
            "a letter begins with a line ---, then subject: and preheader:, then --- again");
    const char *end = text_starts_with(front, "---\n") ? front : strstr(front, "\n---\n");
    if (end == NULL)
        return problems_add_error(o->problems, &at, "front-matter",
                                  "the front matter is never closed: write a line --- behind it");
    end += *end == '\n' ? 1 : 0;
    *out = (struct source){.front = front,
                           .front_len = (size_t)(end - front),
                           .body = end + 4,
                           .body_len = text->len - (size_t)(end + 4 - start),
                           .body_line = count_lines(start, end + 4) + 1};
    return 0;
}

static const struct {
    const char *key;
    enum letter_part part;
} front_keys[] = {
    {"subject", LETTER_SUBJECT},
    {"preheader", LETTER_PREHEADER},
    {"sms", LETTER_SMS},
    {"title", LETTER_TITLE},
};

static int fail_key(const struct yaml_node *node, const struct letter_options *o)
{
    const char *names[COUNT_OF(front_keys)];
    struct place at = {o->path, node->key_line, node->key_column};
    for (size_t i = 0; i < COUNT_OF(front_keys); i++)
        names[i] = front_keys[i].key;
    const char *closest = text_closest(node->key, names, COUNT_OF(front_keys));
    return problems_add_error(
        o->problems, &at, "yaml-unknown-key",
        "\"%s\" is not a key of a letter (subject, preheader, sms, title)%s%s%s", node->key,
        closest != NULL ? "; did you mean \"" : "", closest != NULL ? closest : "",
        closest != NULL ? "\"?" : "");
}

static int compile_field(struct letter *l, const struct yaml_node *node, enum letter_part part,
                         const struct source *source, const struct letter_options *o)
{
    struct error err = {0};
    struct place at = {l->file, node->line, node->column};
    if (node->kind != YAML_SCALAR)
        return problems_add_error(o->problems, &at, "yaml-type", "\"%s\" must be a text",
                                  node->key);
    if (!lint_yaml_quotes(node, source->front, source->front_len, 2, l->file, o->problems))
        return ERR_CONFIG;
    if (part != LETTER_SMS && strchr(node->text, '\n') != NULL)
        return problems_add_error(o->problems, &at, "yaml-type", "\"%s\" must be one line",
                                  node->key);
    lint_line(node->text, strlen(node->text), &at, o->problems);
    lint_urls(node->text, &at, false, o);
    struct program_options options = {
        .file = l->file,
        .first_line = node->line,
        .first_column = node->column + (node->quoted ? 1 : 0),
        .letter = true,
        .prose = true,
        .strict = true,
    };
    int rc = program_compile(node->text, strlen(node->text), &options, &l->parts[part], &err);
    return rc < 0 ? problems_add_failure(o->problems, &err, "tag") : 0;
}

static int compile_key(struct letter *l, const struct yaml_node *node, const struct source *source,
                       const struct letter_options *o)
{
    for (size_t i = 0; i < COUNT_OF(front_keys); i++)
        if (strcmp(front_keys[i].key, node->key) == 0)
            return compile_field(l, node, front_keys[i].part, source, o);
    return fail_key(node, o);
}

static int compile_front(struct letter *l, const struct source *source,
                         const struct letter_options *o)
{
    struct yaml_node *root;
    struct error err = {0};
    int rc = yaml_parse(source->front, source->front_len, o->path, 2, &root, &err);
    if (rc < 0)
        return lint_yaml_failure(&err, o->problems);
    if (root->kind != YAML_MAP) {
        struct place at = {o->path, root->line, root->column};
        rc = problems_add_error(o->problems, &at, "yaml-type",
                                "write one key and its text per line, like subject: \"...\"");
    }
    for (size_t i = 0; rc == 0 && i < root->count; i++)
        rc = compile_key(l, root->items[i], source, o);
    yaml_free(root);
    return rc;
}

/* ---- body ---- */

static int add_section(struct letter *l, const struct node *heading, struct problems *problems)
{
    for (size_t i = 0; i < l->section_count; i++)
        if (strcmp(l->sections[i].id, heading->text) == 0)
            return problems_add_error(problems, &heading->place, "section-duplicate",
                                      "{#%s} is used twice in this letter (first on line %d)",
                                      heading->text, l->sections[i].place.line);
    l->sections = xreallocarray(l->sections, l->section_count + 1, sizeof *l->sections);
    l->sections[l->section_count++] =
        (struct letter_section){.id = xstrdup(heading->text), .place = heading->place};
    return 0;
}

static void collect_sections(struct letter *l, const struct node *parent, struct problems *problems)
{
    for (const struct node *n = parent->first; n != NULL; n = n->next) {
        if (n->kind == NODE_HEADING && n->text != NULL)
            add_section(l, n, problems);
        collect_sections(l, n, problems);
    }
}

static void lint_body(const struct body *body, struct problems *problems)
{
    for (size_t i = 0; i < body->line_count; i++) {
        const struct body_line *line = &body->lines[i];
        const char *text = buf_text(&body->text) + line->start;
        struct place at = {line->file, line->line, 1};
        lint_line(text, strcspn(text, "\n"), &at, problems);
    }
}

static int compile_body(struct letter *l, const struct source *source,
                        const struct letter_options *o)
{
    struct body_options options = {.file = l->file,
                                   .first_line = source->body_line,
                                   .partials = o->partials,
                                   .language = o->locale};
    struct error err = {0};
    struct node *root;
    int rc = body_prepare(source->body, source->body_len, &options, &l->body, &err);
    if (rc < 0)
        return problems_add_failure(o->problems, &err, "tag");
    rc = markdown_parse(&l->body, o->problems, &root);
    if (rc < 0)
        return rc;
    if (root->first != NULL) {
        l->parts[LETTER_HTML] = parts_make_html(root, &l->body);
        l->parts[LETTER_TEXT] = parts_make_text(root, &l->body);
    }
    collect_sections(l, root, o->problems);
    lint_links(root, o, &l->body);
    lint_body(&l->body, o->problems);
    node_free(root);
    return 0;
}

static int compile_letter(struct letter *l, const struct buf *text, const struct letter_options *o)
{
    struct source source = {0};
    int rc = split_source(text, o, &source);
    if (rc == 0)
        rc = compile_front(l, &source, o);
    /* the body is read even if the front matter is wrong: a check tells everything at once */
    if (rc == 0 || o->problems->tell != NULL) {
        int body = source.front != NULL ? compile_body(l, &source, o) : rc;
        rc = rc < 0 ? rc : body;
    }
    if (rc == 0)
        lint_parts(l, o->problems);
    return rc == 0 && problems_stop_load(o->problems) ? ERR_CONFIG : rc;
}

int letter_load(const struct letter_options *options, struct letter **out)
{
    struct letter *l = xcalloc(1, sizeof *l);
    struct buf text = {0};
    l->locale = xstrdup(options->locale);
    l->file = xstrdup(options->path);
    int rc = letter_read_source(options->path, options->problems, &text);
    if (rc == 0)
        rc = compile_letter(l, &text, options);
    buf_free(&text);
    if (rc < 0) {
        letter_free(l);
        l = NULL;
    }
    *out = l;
    return rc;
}

void letter_free(struct letter *l)
{
    if (l == NULL)
        return;
    for (int i = 0; i < LETTER_PARTS; i++)
        program_free(l->parts[i]);
    for (size_t i = 0; i < l->section_count; i++)
        free(l->sections[i].id);
    free(l->sections);
    body_free(&l->body);
    free(l->locale);
    free(l->file);
    free(l);
}
