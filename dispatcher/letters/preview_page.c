#include "letters/preview_page.h"

#include <string.h>

#include "cli/say.h"
#include "render/escape.h"

const char page_generator[] = "<meta name=\"generator\" content=\"dispatcher preview\">";

/* Languages beside each other from 900 pixels on, else one below the other with its tag. */
static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c1c1c;--paper:#fff;--quiet:#595959;--line:#c9c9c9;"
    "--soft:#f4f4f4;--fact:#fff0b3;--gap:#b00020;--warn:#8a5a00}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#ededed;--paper:#161616;--quiet:#b8b8b8;"
    "--line:#4a4a4a;--soft:#222;--fact:#4d4200;--gap:#ff8a95;--warn:#f0c060}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,sans-serif}\n"
    "header,main{padding:0 20px;max-width:1500px;margin:0 auto}\n"
    "h1{font-size:22px;margin:18px 0 2px}h1+p,.found{color:var(--quiet);margin:0 0 4px}\n"
    "nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin:12px 0 16px;padding:0 0 8px;"
    "border-bottom:1px solid var(--line)}\n"
    "nav a{color:inherit}nav a[aria-current]{font-weight:bold;text-decoration:none}\n"
    "h2{font-size:14px;margin:26px 0 6px;color:var(--quiet);font-weight:normal}\n"
    "h3{font-size:18px;line-height:1.35;margin:0 0 10px}h4{font-size:14px;margin:14px 0 4px}\n"
    ".columns{display:grid;grid-template-columns:minmax(0,1fr);gap:14px}\n"
    "article{border:1px solid var(--line);border-radius:6px;padding:12px 16px;"
    "overflow-wrap:break-word}\n"
    "article:lang(ko){word-break:keep-all}\n"
    "article:lang(de){-webkit-hyphens:auto;hyphens:auto;hyphenate-limit-chars:12 4 4}\n"
    "article p,article ul,article ol{margin:0 0 12px}article ul,article ol{padding-left:22px}\n"
    "article>:last-child{margin-bottom:0}\n"
    ".tag{float:right;margin:0 0 0 10px!important;color:var(--quiet);font-size:13px}\n"
    "mark{background:var(--fact);color:inherit;border-bottom:1px dotted var(--quiet)}\n"
    "mark:hover::after{content:\" \" attr(data-fact);font:12px ui-monospace,monospace;"
    "color:var(--quiet)}\n"
    ".facts,.note{font-size:13px;color:var(--quiet)}.facts code{margin-right:8px}\n"
    ".gap{border:2px dashed var(--gap);color:var(--gap)}\n"
    ".findings{list-style:none;padding:0!important;font-size:14px}\n"
    ".findings li{border-left:4px solid var(--line);padding:2px 0 2px 10px;margin:0 0 8px}\n"
    ".findings .error{border-color:var(--gap)}.findings .warning{border-color:var(--warn)}\n"
    ".findings b{font-weight:600}.error b{color:var(--gap)}.warning b{color:var(--warn)}\n"
    "code,pre{font-family:ui-monospace,'Noto Sans Mono CJK KR',monospace;font-size:13px;"
    "hyphens:manual}\n"
    "pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}\n"
    ".bubble{background:var(--soft);border-radius:12px;padding:8px 12px;white-space:pre-wrap;"
    "margin:0 0 8px!important;hyphens:manual}\n"
    "iframe{display:block;width:100%;height:70vh;min-height:480px;border:1px solid var(--line);"
    "background:#fff;resize:vertical}\n"
    ".phones{grid-template-columns:repeat(auto-fill,minmax(min(376px,100%),1fr))!important}\n"
    ".phones article{padding:12px 7px}iframe.narrow{width:360px;max-width:100%}\n"
    ".unsendable{color:var(--gap)!important;font-weight:600}\n"
    "@media(min-width:900px){.columns{grid-template-columns:repeat(var(--languages),"
    "minmax(0,1fr))}}\n"
    "@media print{:root{--ink:#000;--paper:#fff;--quiet:#333;--line:#999;--soft:#fff;--fact:#fff}"
    "nav{display:none}body{font-size:10pt}header,main{padding:0;max-width:none}"
    ".columns{grid-template-columns:repeat(var(--languages),minmax(0,1fr));gap:8px}"
    "article{padding:6px 8px;font-size:9pt}mark{border-bottom:1px solid #000}"
    "h2,h3{break-after:avoid}mark::after{content:none!important}}\n";

/* ---- pieces ---- */

const char *page_language(void)
{
    const char *language = say_language();
    return language != NULL ? language : "en";
}

void page_put_head(struct preview_page *page, const char *english)
{
    buf_printf(&page->out, "<h2>%s</h2>\n", say_word(page->p->inv, english));
}

void page_put_text(struct preview_page *page, const char *text)
{
    escape_put_html(&page->out, text, strlen(text));
}

static void put_range(struct preview_page *page, const struct buf *text, size_t from, size_t to)
{
    escape_put_html(&page->out, buf_text(text) + from, to - from);
}

void page_put_marked(struct preview_page *page, size_t language, enum proof_part part)
{
    const struct proof *proof = &page->proofs[language];
    const struct buf *text = preview_part(&proof->message, part);
    size_t at = 0;
    for (size_t i = 0; i < proof->use_count; i++) {
        const struct proof_use *u = &proof->uses[i];
        if (u->part != part || u->len == 0 || u->start < at || u->start + u->len > text->len)
            continue;
        put_range(page, text, at, u->start);
        buf_puts(&page->out, "<mark data-fact=\"");
        page_put_text(page, u->name);
        buf_puts(&page->out, "\">");
        put_range(page, text, u->start, u->start + u->len);
        buf_puts(&page->out, "</mark>");
        at = u->start + u->len;
    }
    put_range(page, text, at, text->len);
}

void page_begin_columns(struct preview_page *page, const char *kind)
{
    buf_printf(&page->out, "<div class=\"columns%s%s\" style=\"--languages:%zu\">\n",
               *kind != '\0' ? " " : "", kind, page->p->tag_count);
}

void page_end_columns(struct preview_page *page)
{
    buf_puts(&page->out, "</div>\n");
}

static void begin_column(struct preview_page *page, size_t language, const char *kind)
{
    const char *tag = page->p->tags[language];
    buf_printf(&page->out, "<article lang=\"%s\"%s>\n<p class=\"tag\" lang=\"en\">%s</p>\n", tag,
               kind, tag);
}

void page_begin_column(struct preview_page *page, size_t language)
{
    begin_column(page, language, "");
}

void page_end_column(struct preview_page *page)
{
    buf_puts(&page->out, "</article>\n");
}

void page_put_gap(struct preview_page *page, size_t language, const char *what)
{
    begin_column(page, language, " class=\"gap\"");
    struct buf said = {0};
    say_put(page->p->inv, &said, "no %s in %s", what, page->p->tags[language]);
    buf_printf(&page->out, "<p lang=\"%s\">", page_language());
    page_put_text(page, buf_text(&said));
    buf_puts(&page->out, "</p>\n");
    buf_free(&said);
    page_end_column(page);
}

/* ---- the frame ---- */

/* "2 errors, 1 warning and 0 hints". */
static void put_found(struct preview_page *page)
{
    const struct preview_findings *f = &page->p->findings;
    const struct invocation *inv = page->p->inv;
    size_t errors = preview_findings_count(f, PROBLEM_ERROR);
    size_t warnings = preview_findings_count(f, PROBLEM_WARNING);
    size_t hints = preview_findings_count(f, PROBLEM_HINT);
    struct buf error = {0}, warning = {0}, hint = {0};
    say_put(inv, &error, errors == 1 ? "%zu error" : "%zu errors", errors);
    say_put(inv, &warning, warnings == 1 ? "%zu warning" : "%zu warnings", warnings);
    say_put(inv, &hint, hints == 1 ? "%zu hint" : "%zu hints", hints);
    say_put(inv, &page->out, "The check found %s, %s and %s.", buf_text(&error), buf_text(&warning),
            buf_text(&hint));
    buf_free(&error);
    buf_free(&warning);
    buf_free(&hint);
}

static void put_head(struct preview_page *page, const char *title)
{
    buf_printf(&page->out, "<!DOCTYPE html>\n<html lang=\"%s\">\n", page_language());
    buf_puts(&page->out,
             "<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
             "'none'; style-src 'unsafe-inline'; frame-src 'self'\">\n");
    buf_printf(&page->out, "%s\n<title>", page_generator);
    page_put_text(page, page->p->name);
    buf_printf(&page->out, ": %s</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n<h1>",
               say_word(page->p->inv, title), style);
    page_put_text(page, page->p->name);
    buf_puts(&page->out, "</h1>\n<p>");
    page_put_text(page, page->p->origin);
    buf_puts(&page->out, "</p>\n<p class=\"found\">");
    put_found(page);
    buf_puts(&page->out, "</p>\n");
}

static void put_tabs(struct preview_page *page, const struct preview_tab *tabs, size_t count,
                     size_t current)
{
    buf_printf(&page->out, "<nav aria-label=\"%s\">\n",
               say_word(page->p->inv, SAID("Parts of the letter")));
    for (size_t i = 0; i < count; i++)
        buf_printf(&page->out, "<a href=\"%s\"%s>%s</a>\n", tabs[i].file,
                   i == current ? " aria-current=\"page\"" : "",
                   say_word(page->p->inv, tabs[i].title));
    buf_puts(&page->out, "</nav>\n");
}

void page_put(struct preview_page *page, const struct preview_tab *tabs, size_t count,
              size_t current)
{
    put_head(page, tabs[current].title);
    put_tabs(page, tabs, count, current);
    buf_puts(&page->out, "</header>\n<main>\n");
    tabs[current].put(page);
    buf_puts(&page->out, "</main>\n</body>\n</html>\n");
}
