#include "letters/preview_tabs.h"

#include <string.h>

#include "cli/say.h"
#include "letters/preview_json.h"
#include "letters/preview_sms.h"
#include "render/escape.h"

/* A column for each language that has the part, a gap for each that does not. */
static void put_columns(struct preview_page *page, enum proof_part part, const char *kind,
                        const char *what, void (*put)(struct preview_page *page, size_t language))
{
    page_begin_columns(page, kind);
    for (size_t i = 0; i < page->p->tag_count; i++) {
        if (preview_part(&page->proofs[i].message, part)->len == 0) {
            page_put_gap(page, i, say_word(page->p->inv, what));
            continue;
        }
        page_begin_column(page, i);
        put(page, i);
        page_end_column(page);
    }
    page_end_columns(page);
}

/* ---- mail ---- */

static void put_frame(struct preview_page *page, size_t language, const char *kind)
{
    const char *tag = page->p->tags[language];
    const struct buf *html = &page->proofs[language].message.html;
    buf_printf(&page->out, "<iframe class=\"%s\" title=\"%s, %s\" sandbox srcdoc=\"", kind, tag,
               kind);
    escape_put_html(&page->out, buf_text(html), html->len);
    buf_puts(&page->out, "\"></iframe>\n");
}

static void put_narrow(struct preview_page *page, size_t language)
{
    const char *tag = page->p->tags[language];
    buf_puts(&page->out, "<h3>");
    page_put_marked(page, language, PROOF_SUBJECT);
    buf_puts(&page->out, "</h3>\n<p>");
    page_put_marked(page, language, PROOF_PREHEADER);
    buf_printf(
        &page->out, "</p>\n<p class=\"note\" lang=\"%s\"><a href=\"mail.%s.html\">%s</a></p>\n",
        page_language(), tag, say_word(page->p->inv, SAID("The mail alone, also to print it")));
    put_frame(page, language, "narrow");
}

static void put_wide(struct preview_page *page, size_t language)
{
    if (page->proofs[language].message.html.len == 0)
        return;
    buf_printf(&page->out, "<h4>%s</h4>\n", page->p->tags[language]);
    put_frame(page, language, "wide");
}

void tab_put_mail(struct preview_page *page)
{
    page_put_head(page, SAID("On a telephone: 360 pixels"));
    put_columns(page, PROOF_BODY, "phones", SAID("mail"), put_narrow);
    page_put_head(page, SAID("On a desktop"));
    for (size_t i = 0; i < page->p->tag_count; i++)
        put_wide(page, i);
}

/* ---- plain text ---- */

static void put_plain(struct preview_page *page, size_t language)
{
    buf_puts(&page->out, "<pre>");
    page_put_text(page, buf_text(&page->proofs[language].message.text));
    buf_puts(&page->out, "</pre>\n");
}

void tab_put_plain(struct preview_page *page)
{
    page_put_head(page, SAID("The text part of the mail"));
    put_columns(page, PROOF_BODY, "", SAID("mail"), put_plain);
}

/* ---- text messages ---- */

static void put_bubbles(struct preview_page *page, const struct preview_sms *sms)
{
    size_t at = 0;
    for (size_t i = 0; i < sms->part_count; i++) {
        buf_puts(&page->out, "<p class=\"bubble\">");
        escape_put_html(&page->out, buf_text(&sms->fitting.text) + at, sms->ends[i] - at);
        buf_puts(&page->out, "</p>\n");
        at = sms->ends[i];
    }
}

static void put_way(struct preview_page *page, size_t language, const struct sms_way *way,
                    bool used)
{
    struct preview_sms sms;
    struct buf summary = {0};
    preview_sms_make(&page->proofs[language].message, way, &sms);
    preview_sms_put_summary(page->p->inv, &sms, &summary);
    buf_printf(&page->out, "<h4 lang=\"%s\">%s%s</h4>\n<p class=\"note%s\" lang=\"%s\">",
               page_language(), sms_way_profile(way->gateway->profile),
               used ? say_word(page->p->inv, SAID(", the gateway in use")) : "",
               sms.refusal.text[0] == '\0' ? "" : " unsendable", page_language());
    page_put_text(page, buf_text(&summary));
    buf_puts(&page->out, "</p>\n");
    put_bubbles(page, &sms);
    buf_free(&summary);
    preview_sms_free(&sms);
}

/* The ways in use, and how gateways of the other kinds would count. */
static void put_ways(struct preview_page *page, size_t language)
{
    static const enum length_profile profiles[] = {LENGTH_GSM, LENGTH_EUC_KR, LENGTH_CP949};
    struct sms_way ways[SMS_WAYS_MAX];
    size_t count = sms_way_find(page->p->setup->settings, ways);
    bool shown[COUNT_OF(profiles)] = {false};
    for (size_t i = 0; i < count; i++) {
        shown[ways[i].gateway->profile] = true;
        put_way(page, language, &ways[i], true);
    }
    for (size_t i = 0; i < COUNT_OF(profiles); i++) {
        const struct gateway any = {.profile = profiles[i]};
        const struct sms_way way = {.gateway = &any};
        if (!shown[profiles[i]])
            put_way(page, language, &way, false);
    }
}

static void put_sms(struct preview_page *page, size_t language)
{
    if (page->proofs[language].message.title.len > 0) {
        buf_printf(&page->out, "<h4 lang=\"%s\">%s</h4>\n<p>", page_language(),
                   say_word(page->p->inv, SAID("Title of a long Korean message (LMS)")));
        page_put_marked(page, language, PROOF_TITLE);
        buf_puts(&page->out, "</p>\n");
    }
    buf_printf(&page->out, "<h4 lang=\"%s\">%s</h4>\n<p class=\"bubble\">", page_language(),
               say_word(page->p->inv, SAID("As the letter says it")));
    page_put_marked(page, language, PROOF_SMS);
    buf_puts(&page->out, "</p>\n");
    put_ways(page, language);
}

void tab_put_sms(struct preview_page *page)
{
    page_put_head(page, SAID("As each kind of gateway counts and cuts it"));
    put_columns(page, PROOF_SMS, "", SAID("text message"), put_sms);
}

/* ---- webhook ---- */

static void put_webhook(struct preview_page *page, size_t language)
{
    const struct buf *body = &page->proofs[language].message.webhook;
    struct buf json = {0};
    preview_put_json(&json, buf_text(body), body->len);
    buf_puts(&page->out, "<pre lang=\"en\">");
    page_put_text(page, buf_text(&json));
    buf_puts(&page->out, "</pre>\n");
    buf_free(&json);
}

void tab_put_webhook(struct preview_page *page)
{
    page_put_head(page, SAID("What other systems receive"));
    put_columns(page, PROOF_WEBHOOK, "", SAID("webhook"), put_webhook);
}
