/* One message while it is made, for the files of render/ that make messages or look into them. */
#ifndef RENDER_RENDERER_BACKEND_H
#define RENDER_RENDERER_BACKEND_H

#include "render/briefing.h"
#include "render/code_run.h"
#include "render/library_backend.h"
#include "render/renderer.h"

/* Layers of the input, each looked up before those above it. The last is the layout's own. */
enum layer { LAYER_LOCALE, LAYER_PERSON, LAYER_FACTS, LAYER_PARTS };

/* Everything is borrowed but the person. */
struct rendering {
    struct renderer *renderer;
    const struct library *library;
    const struct template *template;
    int template_index;
    const struct letter *letter;
    const struct job *job;
    struct briefing *briefing;
    struct json_t *person;   /* what letters see of the reader; owned */
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
