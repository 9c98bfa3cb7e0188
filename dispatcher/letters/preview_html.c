#include "letters/preview_html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/say.h"
#include "letters/preview_page.h"
#include "letters/preview_tabs.h"
#include "letters/preview_write.h"
#include "render/proof.h"

#define PAGE_MAX ((size_t)16 * 1024 * 1024)

static const struct preview_tab tabs[] = {
    {"index.html", SAID("Sections"), tab_put_sections},
    {"email.html", SAID("Mail"), tab_put_mail},
    {"text.html", SAID("Plain text"), tab_put_plain},
    {"sms.html", SAID("Text message"), tab_put_sms},
    {"webhook.html", SAID("Webhook"), tab_put_webhook},
};

/* Somebody's own pages are not overwritten because they named the wrong folder. */
static int check_folder(const char *directory, struct error *err)
{
    char *path = file_join(directory, tabs[0].file);
    struct buf text = {0};
    struct error why;
    int rc = file_read_path(path, PAGE_MAX, &text, &why);
    bool ours = rc == ERR_NOT_FOUND || (rc == 0 && memmem(buf_text(&text), text.len, page_generator,
                                                          strlen(page_generator)) != NULL);
    rc = ours ? 0
              : error_set(err, ERR_CONFLICT,
                          "%s was not written by a preview; give another folder with --html", path);
    buf_free(&text);
    free(path);
    return rc;
}

static int write_page(struct preview_page *page, const char *directory, size_t tab,
                      struct error *err)
{
    char *path = file_join(directory, tabs[tab].file);
    buf_reset(&page->out);
    page_put(page, tabs, COUNT_OF(tabs), tab);
    int rc = preview_write_file(path, &page->out, true, err);
    free(path);
    return rc;
}

/* As it is sent, for a look at it alone. */
static int write_mail(const struct preview_page *page, const char *directory, size_t language,
                      struct error *err)
{
    struct buf path = {0};
    const struct buf *html = &page->proofs[language].message.html;
    buf_printf(&path, "%s/mail.%s.html", directory, page->p->tags[language]);
    int rc = html->len > 0 ? preview_write_file(path.data, html, true, err) : 0;
    buf_free(&path);
    return rc;
}

static int write_all(struct preview_page *page, const char *directory, struct error *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < COUNT_OF(tabs); i++)
        rc = write_page(page, directory, i, err);
    for (size_t i = 0; rc == 0 && i < page->p->tag_count; i++)
        rc = write_mail(page, directory, i, err);
    if (rc == 0)
        printf("%s/%s\n", directory, tabs[0].file);
    return rc;
}

int preview_write_pages(struct preview *p, const char *directory, struct error *err)
{
    const struct proof_options options = {.mark_facts = true};
    struct proof *proofs = NULL;
    struct preview_page page = {.p = p};
    int rc = check_folder(directory, err);
    if (rc == 0)
        rc = preview_prove(p, &options, &proofs, err);
    if (rc == 0) {
        preview_findings_check(p);
        page.proofs = proofs;
        rc = write_all(&page, directory, err);
    }
    preview_proofs_free(p, proofs);
    buf_free(&page.out);
    return rc;
}
