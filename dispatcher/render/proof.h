/* Makes proofs (model/proof.h). Not on the road of a notice: nothing here needs to be fast. */
#ifndef RENDER_PROOF_H
#define RENDER_PROOF_H

#include <stdint.h>

#include "base/error.h"
#include "model/job.h"
#include "model/proof.h"
#include "render/renderer.h"

struct proof_options {
    int width;       /* of the text of sections, in columns; 0: that of a mail */
    bool mark_facts; /* in the HTML of sections */
};

/* As renderer_render(), for all channels of the template at once. *out is freed with proof_free(),
 * also after a failure. The messages are byte for byte what renderer_render() makes. */
MUST_CHECK int proof_make(struct renderer *r, int template_index, const char *locale,
                          const struct job *job, int64_t accepted_ms,
                          const struct proof_options *options, struct proof *out,
                          struct error *err);

#endif
