import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: '../../schema/schema.graphql',
  documents: ['src/**/*.ts', 'src/shop.graphql', '!src/{gql,from-url}/**'],
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
      config: {
        // Documents as strings: the client then needs no GraphQL library when it runs.
        documentMode: 'string',
        enumsAsTypes: true,
        useTypeImports: true,
        // A scalar that is not listed fails the build. Decimals stay strings: 29.99 has no exact number.
        strictScalars: true,
        scalars: { ID: 'string', DateTime: 'string', Decimal: 'string', UUID: 'string' },
      },
    },
  },
};
export default config;
