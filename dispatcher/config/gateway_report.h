/* How a gateway reports, as its description says it: model/gateway_report.h. */
#ifndef CONFIG_GATEWAY_REPORT_H
#define CONFIG_GATEWAY_REPORT_H

#include "config/load.h"
#include "model/gateway.h"

/* The block `dlr`; NULL and `none` mean that it reports nothing. Variables are read already. */
void gateway_read_report(struct load *l, const char *file, const struct yaml_node *dlr,
                         struct gateway *g);

#endif
