/*
 * Reports made for programs: message/delivery-status (RFC 3464, and RFC 6533 for addresses beyond
 * ASCII) and message/feedback-report (RFC 5965: somebody pressed "this is spam").
 */
#ifndef CHANNEL_BOUNCE_STATUS_H
#define CHANNEL_BOUNCE_STATUS_H

#include <stdbool.h>

#include "channel/bounce_said.h"

/* Appends what `text` (decoded) says of each recipient. */
void bounce_status_read(const struct buf *text, struct bounce_said_list *out);
/* The same of a feedback report; *out_sender is who it says the mail was sent by. Nothing is
 * appended if it is no complaint. */
void bounce_feedback_read(const struct buf *text, struct bounce_said_list *out,
                          struct buf *out_sender);

#endif
