#!/usr/bin/env python3
"""slow_line.py PORT MS: a line to 127.0.0.1:PORT that is MS milliseconds long in each direction.

Says "ready PORT" with the port it listens on. What was sent together arrives together, as on a real line: a client
that waits for every answer pays for each of them, one that pipelines does not.
"""

import asyncio
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers"))
import peer


async def carry(reader, writer, delay):
    loop = asyncio.get_running_loop()
    try:
        while data := await reader.read(65536):
            loop.call_later(delay, writer.write, data)
        await asyncio.sleep(delay)
        writer.close()
    except OSError:
        writer.close()


async def main():
    port, delay = int(sys.argv[1]), float(sys.argv[2]) / 1000

    async def connected(reader, writer):
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", port)
        for end in (writer, there_writer):
            end.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.gather(carry(reader, there_writer, delay), carry(there_reader, writer, delay))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


peer.end_with_parent()
asyncio.run(main())
