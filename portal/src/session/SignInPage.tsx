import { Center, Group, Paper, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { Mark } from '../shell/Mark'
import { SignInForm } from './SignInForm'

export function SignInPage() {
  useDocumentTitle('Sign in · Herald')
  return (
    <Center component="main" mih="100dvh" p="md" bg="light-dark(var(--mantine-color-gray-0), var(--mantine-color-dark-8))">
      <Stack w="100%" maw={400}>
        <Group gap="sm" justify="center">
          <Mark size={36} />
          <Text fw={700} fz={24}>
            Herald
          </Text>
        </Group>
        <Paper withBorder p="xl" radius="lg">
          <Title order={1} mb={4}>
            Sign in
          </Title>
          <Text size="sm" c="var(--muted)" mb="lg">
            See what became of every event, and deliver what did not arrive.
          </Text>
          <SignInForm />
        </Paper>
      </Stack>
    </Center>
  )
}
