/** The same types from a running server: `oneOf` asks for what introspection leaves out by default. */
import type { CodegenConfig } from '@graphql-codegen/cli';
import codegen from './codegen';

const endpoint = process.env['ENDPOINT'] ?? 'http://127.0.0.1:8000/graphql';
const config: CodegenConfig = {
  ...codegen,
  schema: [{ [endpoint]: { oneOf: true } as {} }],
  generates: { 'src/from-url/': { ...Object.values(codegen.generates)[0] } },
};
export default config;
