/* The frame of a page of the preview, and the small pieces its content is made of. */
#ifndef LETTERS_PREVIEW_PAGE_H
#define LETTERS_PREVIEW_PAGE_H

#include "base/buf.h"
#include "letters/preview.h"

struct preview_page {
    const struct preview *p;
    const struct proof *proofs; /* one for each language */
    struct buf out;
};

struct preview_tab {
    const char *file, *title;
    void (*put)(struct preview_page *page);
};

/* A whole page, appended: its head, the tabs, what tabs[current].put() puts, its end. */
void page_put(struct preview_page *page, const struct preview_tab *tabs, size_t count,
              size_t current);

/* ---- pieces ---- */

/* In the head of every page, by which a folder is known to be ours. */
extern const char page_generator[];

/* Of the page: the operator's, where the letters beside it have their own. */
const char *page_language(void);
/* A heading, in that language. */
void page_put_head(struct preview_page *page, const char *english);
void page_put_text(struct preview_page *page, const char *text);
/* The text of a part, with its facts set off as in the sections. */
void page_put_marked(struct preview_page *page, size_t language, enum proof_part part);
/* <div class="columns"> with an <article lang=...> for each language; `kind` "phones": as wide as a
 * telephone, "": sharing the page. */
void page_begin_columns(struct preview_page *page, const char *kind);
void page_begin_column(struct preview_page *page, size_t language);
void page_end_column(struct preview_page *page);
void page_end_columns(struct preview_page *page);
/* "no section {#x} in ko", as a gap. */
void page_put_gap(struct preview_page *page, size_t language, const char *what);

#endif
