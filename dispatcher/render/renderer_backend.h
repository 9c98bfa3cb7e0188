/* One message while it is made, for the files of render/ that make messages or look into them. */
#ifndef RENDER_RENDERER_BACKEND_H
#define RENDER_RENDERER_BACKEND_H

#include "render/code_run.h"
#include "render/library_backend.h"
#include "render/renderer.h"

/* Everything is borrowed but the context. */
struct rendering {
    struct renderer *renderer;
    const struct library *library;
    const struct template *template;
    const struct letter *letter;
    const struct job *job;
    struct json_t *context;  /* what the job says */
    struct code_input input; /* without an escape, which each part has its own of */
    struct message *out;
};

/* Resets `out` and checks the job. ERR_INPUT: the sentence. Ended with rendering_end(), also after
 * a failure. */
MUST_CHECK int rendering_begin(struct renderer *r, int template_index, const char *locale,
                               const struct job *job, struct message *out, struct rendering *m,
                               struct error *err);
/* Makes the parts of one kind; the letter has them (library_has_part()). */
MUST_CHECK int rendering_run(struct rendering *m, enum channel_kind kind, int64_t accepted_ms,
                             struct error *err);
void rendering_end(struct rendering *m);

#endif
