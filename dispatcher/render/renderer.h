/*
 * From a job to the message a channel sends: the letter's parts run over what the job says. One
 * renderer per process; it keeps ICU's formatters and the memory of the largest message so far.
 */
#ifndef RENDER_RENDERER_H
#define RENDER_RENDERER_H

#include <stdint.h>

#include "base/error.h"
#include "model/delivery.h"
#include "model/job.h"
#include "model/message.h"
#include "render/library.h"

struct renderer;

/* `l` is borrowed and outlives the renderer. */
MUST_CHECK int renderer_open(const struct library *l, struct renderer **out, struct error *err);
void renderer_close(struct renderer *r);
/*
 * Renders the parts `kind` needs (email: subject, preheader, text, html; sms: sms, title; webhook:
 * body) of the letter for this job into *out (reset first). `locale` is one of the template's tags.
 * ERR_INPUT: the sentence.
 */
MUST_CHECK int renderer_render(struct renderer *r, int template_index, const char *locale,
                               const struct job *job, int64_t accepted_ms, enum channel_kind kind,
                               struct message *out, struct error *err);

#endif
