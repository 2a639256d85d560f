// PostGraphile 5 on the tables of the shop. Whoever has a valid token reads as the role of a signed-in person.
import { createServer } from "node:http";
import jwt from "jsonwebtoken";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

// PostGraphile asks for Node 22, where this is built in; with it Node 20 will do.
Promise.withResolvers ??= function () {
  const made = {};
  made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

const key = process.env.JWT_KEYS.slice(process.env.JWT_KEYS.indexOf("=") + 1);
const claimed = { algorithms: ["HS256"], audience: "ordergraph-api", issuer: "ordergraph" };
const socket = new URL(process.env.DATABASE_URL.replace("@/", "@localhost/"));

const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      poolConfig: {
        host: socket.searchParams.get("host") ?? socket.hostname,
        database: socket.pathname.slice(1),
        user: decodeURIComponent(socket.username),
        password: decodeURIComponent(socket.password),
        max: 16,
      },
      schemas: ["public"],
    }),
  ],
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
  grafast: {
    explain: false,
    context({ node }) {
      const token = (node?.req.headers.authorization ?? "").replace(/^Bearer /, "");
      const { sub } = jwt.verify(token, key, claimed);
      return { pgSettings: { role: "bench_viewer", "jwt.claims.user_id": sub } };
    },
  },
};

const server = createServer();
await postgraphile(preset).createServ(grafserv).addTo(server);
server.listen(Number(process.env.PORT), "127.0.0.1");
