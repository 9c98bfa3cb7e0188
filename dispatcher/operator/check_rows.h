/* The rows of a campaign's tables, each judged as it will be when the campaign is sent. */
#ifndef OPERATOR_CHECK_ROWS_H
#define OPERATOR_CHECK_ROWS_H

#include "model/campaign.h"
#include "operator/check_scene.h"

/* Of a campaign in which no mistake was found. The first that are wrong are told, the others
 * counted. ERR_IO and the like if a table cannot be read. */
MUST_CHECK int check_rows(struct check_scene *s, const struct campaign *c, struct error *err);

#endif
