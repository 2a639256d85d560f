import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: '../../../schema/schema.graphql',
  documents: 'src/shop.graphql',
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
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
