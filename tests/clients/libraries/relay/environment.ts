import { Environment, type GraphQLResponse, Network, Observable, RecordSource, Store } from 'relay-runtime';
import { refused, type Session } from '../session';
import { stream } from '../stream';

/** For one person: make a new one after each sign-in and sign-out. */
export function shopEnvironment(session: Session): Environment {
  const send = async (query: string, variables: object) => {
    const headers = { 'content-type': 'application/json', ...session.headers };
    return (await fetch(session.endpoint, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })).json();
  };
  return new Environment({
    store: new Store(new RecordSource()),
    network: Network.create(
      async ({ text }, variables) => {
        const used = session.headers['authorization'];
        const answer = await send(text ?? '', variables);
        if (!refused(answer.errors) || !used) return answer;
        await session.renew(used);
        return session.tokens ? send(text ?? '', variables) : answer;
      },
      ({ text }, variables) =>
        Observable.create<GraphQLResponse>((sink) =>
          stream(session, { query: text ?? '', variables }, {
            next: (result) => sink.next(result as GraphQLResponse),
            error: (error) => sink.error(error as Error),
            complete: () => sink.complete(),
          }),
        ),
    ),
  });
}
