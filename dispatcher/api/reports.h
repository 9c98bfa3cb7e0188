/* /reports/TRANSPORT/TOKEN: what a gateway says of messages it took. */
#ifndef API_REPORTS_H
#define API_REPORTS_H

#include "api/server.h"

struct desk;

/* Takes the call over. `rest`: TRANSPORT/TOKEN and maybe a query. */
void reports_take(struct desk *d, struct call *call, const char *rest);

#endif
