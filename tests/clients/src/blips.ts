/** What stands between a client and the server: a proxy that loses refreshes, or spoils the tokens of streams. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Session } from './client';
import { follow } from './follow';
import { ok } from './ok';

type Fault = { lose?: number; spoil?: boolean };

async function proxied(endpoint: string, fault: Fault, walk: (proxy: string, refreshes: () => number) => Promise<void>) {
  let refreshes = 0;
  const server = createServer(async (asked, answer) => {
    const body = await buffer(asked);
    if (body.includes('mutation Refresh') && ++refreshes <= (fault.lose ?? 0)) return void asked.socket.destroy();
    const stream = asked.headers.accept?.includes('text/event-stream');
    const headers = { ...asked.headers, ...(fault.spoil && stream && { authorization: 'Bearer stale' }) };
    const onwards = request(endpoint, { method: asked.method ?? 'POST', headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    answer.on('close', () => onwards.destroy());
    onwards.on('error', () => answer.destroy());
    onwards.end(body);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    await walk(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, () => refreshes);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const QUICK = [0.01, 0.02]; // seconds

/** Follows an order with a stale token: the first status that is told, or what it ended in. */
async function followed(session: Session, order: string): Promise<string> {
  try {
    for await (const { status } of follow(session, order, QUICK)) return status;
    return 'nothing';
  } catch (error) {
    return String(error);
  }
}

/** Tries each fault with an order of this person. */
export async function survivesBlips(endpoint: string, email: string, password: string, order: string): Promise<void> {
  const person = async (proxy: string): Promise<Session> => {
    const session = new Session(proxy);
    await session.signIn(email, password);
    session.tokens = { accessToken: 'stale', refreshToken: session.tokens?.refreshToken ?? null };
    return session;
  };
  await proxied(endpoint, { lose: 2 }, async (proxy, refreshes) => {
    const status = await followed(await person(proxy), order);
    ok(status === 'CONFIRMED' && refreshes() === 3, 'an order is followed although two refreshes were lost');
  });
  await proxied(endpoint, { lose: 100 }, async (proxy, refreshes) => {
    const session = await person(proxy);
    const end = await followed(session, order);
    ok(end.includes('fetch failed') && refreshes() === 3 && session.tokens, 'without a network it gives up, signed in');
  });
  await proxied(endpoint, { spoil: true }, async (proxy, refreshes) => {
    const end = await followed(await person(proxy), order);
    ok(end.includes('UNAUTHENTICATED') && refreshes() === 1, 'where fresh tokens do not help either, it ends');
  });
}
