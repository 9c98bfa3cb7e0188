/* What is wrong with a letter although it compiles. */
#ifndef RENDER_LETTER_LINT_H
#define RENDER_LETTER_LINT_H

#include "render/letter.h"
#include "render/letter_markdown.h"

/* Links only to allowed hosts, by https; also addresses that stand in the text. */
void lint_links(const struct node *n, const struct letter_options *options,
                const struct body *body);
/* The same in words that are no Markdown. `tag_follows`: directly behind them. */
void lint_urls(const char *text, const struct place *at, bool tag_follows,
               const struct letter_options *options);
/* TODO, Lorem, XXX, [Name] in a line. */
void lint_line(const char *text, size_t len, const struct place *at, struct problems *problems);
/* A particle directly behind a value, or josa where nobody speaks Korean; a long subject. */
void lint_parts(const struct letter *letter, struct problems *problems);

#endif
