/*
 * The rules of letters over texts that are values of letters: in fact sheets, in the data of a
 * batch, in samples. Such a text goes out as it stands, whatever the letter around it says well.
 */
#ifndef RENDER_LINT_TEXT_H
#define RENDER_LINT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/problems.h"
#include "render/library.h"

struct yaml_node;
struct lint_texts;

struct lint_text_options {
    const struct library *library; /* its languages and their words; NULL: the words are not looked
                                      at, and links may lead anywhere */
    int template_index;            /* whose links are allowed; -1: those of any letter */
    const char *kind, *category;   /* of the notice; NULL: not said */
    struct problems *problems;
};

/* `source` is the YAML or JSON they stand in. Close it with lint_texts_close(). */
struct lint_texts *lint_texts_open(const struct lint_text_options *options, const char *path,
                                   const char *source, size_t len);
/* Every text there is for languages ({de: ..., ko: ...}) in `node` and below; `fact` names it
 * ("nature", "" at the top), `id` tells it from others ("a"). What stands there for all languages
 * (a telephone number) is no text, but must not be left to write either: that is told at once. */
void lint_texts_add(struct lint_texts *t, const char *fact, const char *id,
                    const struct yaml_node *node);
/* Tells what is wrong with them, then frees. */
void lint_texts_close(struct lint_texts *t);
/* TODO and its like in any scalar of `node` and below. */
void lint_unwritten(const struct yaml_node *node, const char *path, struct problems *problems);

#endif
