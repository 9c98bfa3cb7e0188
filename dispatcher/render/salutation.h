/* How a letter begins: Sehr geehrte Frau Dr. Weiß, / 김민수 고객님께 / Dear Anna Smith, by the
 * forms of the locale file (salutation_forms.h). */
#ifndef RENDER_SALUTATION_H
#define RENDER_SALUTATION_H

#include "base/buf.h"
#include "model/job.h"
#include "render/locale.h"

/*
 * Appends the salutation for one person, or for two if `second` names somebody; without double
 * spaces. Names stay as they are written; of a title only what belongs into a salutation there
 * (`titles` of the locale file: Dr., but not Dipl.-Ing.).
 */
void salutation_put(const struct locale *l, const struct person *first, const struct person *second,
                    struct buf *out);

#endif
