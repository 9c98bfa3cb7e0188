/* The rows of a campaign's tables, each judged as it will be when the campaign is sent. */
#ifndef LETTERS_CHECK_ROWS_H
#define LETTERS_CHECK_ROWS_H

#include "letters/check_scene.h"
#include "model/campaign.h"

/* Of a campaign in which no mistake was found. The first that are wrong are told, the others
 * counted. ERR_IO and the like if a table cannot be read. */
MUST_CHECK int check_rows(struct check_scene *s, const struct campaign *c, struct error *err);

#endif
