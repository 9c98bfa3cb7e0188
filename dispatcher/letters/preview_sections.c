/* The first page: section by section, with what the check finds beside the section it is about. */
#include <stdlib.h>
#include <string.h>

#include "cli/say.h"
#include "letters/check_report.h"
#include "letters/preview_tabs.h"

static bool is_in(const struct preview_finding *f, const struct proof *proof, size_t section)
{
    const struct proof_section *s = &proof->sections[section];
    bool last = section + 1 == proof->section_count;
    return strcmp(f->file, s->file) == 0 && f->line >= s->line &&
           (last || f->line < proof->sections[section + 1].line);
}

/* Is it shown beside some section? What is in the front matter is in the first one. */
static bool has_section(const struct preview_page *page, const struct preview_finding *f)
{
    for (size_t i = 0; i < page->p->tag_count; i++) {
        for (size_t k = 0; k < page->proofs[i].section_count; k++) {
            if (is_in(f, &page->proofs[i], k))
                return true;
        }
    }
    return false;
}

static void put_finding(struct preview_page *page, const struct preview_finding *f, bool *first)
{
    const char *level = problem_level_name(f->level);
    struct buf said = {0};
    if (*first)
        buf_printf(&page->out, "<ul class=\"findings\" lang=\"%s\">\n", page_language());
    *first = false;
    check_report_put(page->p->inv, &said, f->text, f->rule);
    buf_printf(&page->out, "<li class=\"%s\"><b>%s</b> ", level, say_word(page->p->inv, level));
    page_put_text(page, buf_text(&said));
    buf_free(&said);
    buf_puts(&page->out, "<br><code>");
    page_put_text(page, f->position);
    buf_puts(&page->out, "</code> <code>[");
    page_put_text(page, f->rule);
    buf_puts(&page->out, "]</code></li>\n");
}

static void put_findings_of(struct preview_page *page, size_t language, size_t section)
{
    const struct preview_findings *f = &page->p->findings;
    bool first = true;
    for (size_t i = 0; i < f->count; i++) {
        if (is_in(&f->items[i], &page->proofs[language], section))
            put_finding(page, &f->items[i], &first);
    }
    buf_puts(&page->out, first ? "" : "</ul>\n");
}

static void put_other_findings(struct preview_page *page)
{
    const struct preview_findings *f = &page->p->findings;
    bool first = true;
    for (size_t i = 0; i < f->count; i++) {
        if (!has_section(page, &f->items[i]))
            put_finding(page, &f->items[i], &first);
    }
    buf_puts(&page->out, first ? "" : "</ul>\n");
}

static bool is_repeated(const struct proof *proof, size_t use)
{
    const struct proof_use *u = &proof->uses[use];
    for (size_t i = 0; i < use; i++) {
        const struct proof_use *other = &proof->uses[i];
        if (other->part == u->part && other->section == u->section &&
            strcmp(other->name, u->name) == 0)
            return true;
    }
    return false;
}

/* The names, for whoever cannot hover: on paper, on a telephone. */
static void put_facts(struct preview_page *page, size_t language, size_t section)
{
    const struct proof *proof = &page->proofs[language];
    bool first = true;
    for (size_t i = 0; i < proof->use_count; i++) {
        const struct proof_use *u = &proof->uses[i];
        if (u->part != PROOF_BODY || u->section != section || is_repeated(proof, i))
            continue;
        if (first)
            buf_printf(&page->out, "<p class=\"facts\" lang=\"%s\">%s ", page_language(),
                       say_word(page->p->inv, SAID("Facts:")));
        buf_puts(&page->out, "<code>");
        page_put_text(page, u->name);
        buf_puts(&page->out, "</code> ");
        first = false;
    }
    buf_puts(&page->out, first ? "" : "</p>\n");
}

static void put_section(struct preview_page *page, size_t language,
                        const struct proof_section *section)
{
    size_t index = (size_t)(section - page->proofs[language].sections);
    page_begin_column(page, language);
    if (section->heading[0] != '\0') {
        buf_puts(&page->out, "<h3>");
        page_put_text(page, section->heading);
        buf_puts(&page->out, "</h3>\n");
    }
    buf_put(&page->out, buf_text(&section->html), section->html.len);
    put_facts(page, language, index);
    put_findings_of(page, language, index);
    page_end_column(page);
}

static void put_row(struct preview_page *page, const char *id)
{
    struct buf what = {0};
    if (*id != '\0') {
        say_put(page->p->inv, &what, "section {#%s}", id);
        buf_printf(&page->out, "<h2 id=\"%s\"><code>{#%s}</code></h2>\n", id, id);
    } else {
        say_put(page->p->inv, &what, "text before the first heading");
        page_put_head(page, SAID("Before the first heading"));
    }
    page_begin_columns(page, "");
    for (size_t i = 0; i < page->p->tag_count; i++) {
        const struct proof_section *section = proof_section(&page->proofs[i], id);
        if (section != NULL)
            put_section(page, i, section);
        else
            page_put_gap(page, i, buf_text(&what));
    }
    page_end_columns(page);
    buf_free(&what);
}

static void put_line(struct preview_page *page, const char *title, const char *what,
                     enum proof_part part)
{
    page_put_head(page, title);
    page_begin_columns(page, "");
    for (size_t i = 0; i < page->p->tag_count; i++) {
        if (preview_part(&page->proofs[i].message, part)->len == 0) {
            page_put_gap(page, i, say_word(page->p->inv, what));
            continue;
        }
        page_begin_column(page, i);
        buf_puts(&page->out, "<p>");
        page_put_marked(page, i, part);
        buf_puts(&page->out, "</p>\n");
        page_end_column(page);
    }
    page_end_columns(page);
}

void tab_put_sections(struct preview_page *page)
{
    const char **ids;
    size_t count = preview_section_ids(page->proofs, page->p->tag_count, &ids);
    put_other_findings(page);
    put_line(page, SAID("Subject"), SAID("subject"), PROOF_SUBJECT);
    put_line(page, SAID("Preheader"), SAID("preheader"), PROOF_PREHEADER);
    for (size_t i = 0; i < count; i++)
        put_row(page, ids[i]);
    free(ids);
}
