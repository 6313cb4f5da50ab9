defmodule Token do
  @moduledoc "Splits a formula into numbers, names, operators and brackets."

  def split(text), do: split(String.graphemes(text), [])

  defp split([], tokens), do: Enum.reverse(tokens)
  defp split([" " | rest], tokens), do: split(rest, tokens)

  defp split([char | rest], tokens) when char in ~w(+ - * / ^ \( \)) do
    split(rest, [char | tokens])
  end

  defp split(chars, tokens) do
    case Enum.split_while(chars, &(&1 =~ ~r/[\w.]/)) do
      {[], [char | _]} -> throw({:unexpected, char})
      {word, rest} -> split(rest, [value(Enum.join(word)) | tokens])
    end
  end

  defp value(word) do
    case Float.parse(word) do
      {number, ""} -> number
      _ -> String.to_atom(word)
    end
  end
end

defmodule Formula do
  @precedence %{"+" => 1, "-" => 1, "*" => 2, "/" => 2, "^" => 3}

  @doc "Dijkstra's way from infix to postfix."
  def postfix(tokens), do: postfix(tokens, [], [])

  defp postfix([], output, []), do: Enum.reverse(output)
  defp postfix([], _output, ["(" | _]), do: throw(:unbalanced)
  defp postfix([], output, [top | stack]), do: postfix([], [top | output], stack)
  defp postfix(["(" | rest], output, stack), do: postfix(rest, output, ["(" | stack])

  defp postfix([")" | rest], output, stack) do
    case Enum.split_while(stack, &(&1 != "(")) do
      {popped, ["(" | stack]} -> postfix(rest, Enum.reverse(popped) ++ output, stack)
      _ -> throw(:unbalanced)
    end
  end

  defp postfix([operator | rest], output, stack) when is_map_key(@precedence, operator) do
    {popped, stack} =
      Enum.split_while(stack, fn top ->
        top != "(" and operator != "^" and @precedence[top] >= @precedence[operator]
      end)

    postfix(rest, Enum.reverse(popped) ++ output, [operator | stack])
  end

  defp postfix([operand | rest], output, stack), do: postfix(rest, [operand | output], stack)

  def evaluate(tokens, names) do
    [result] =
      Enum.reduce(tokens, [], fn
        operator, [b, a | stack] when is_binary(operator) -> [apply_operator(operator, a, b) | stack]
        name, stack when is_atom(name) -> [Map.fetch!(names, name) | stack]
        number, stack -> [number | stack]
      end)

    result
  end

  defp apply_operator("+", a, b), do: a + b
  defp apply_operator("-", a, b), do: a - b
  defp apply_operator("*", a, b), do: a * b
  defp apply_operator("/", a, b), do: a / b
  defp apply_operator("^", a, b), do: :math.pow(a, b)
end

defmodule Bank do
  use Agent

  defstruct [:owner, balance: 0]

  def start(owner), do: Agent.start_link(fn -> %__MODULE__{owner: owner} end)
  def pay(bank, amount), do: Agent.update(bank, &%{&1 | balance: &1.balance + amount})
  def state(bank), do: Agent.get(bank, & &1)
end

defprotocol Describe do
  def describe(thing)
end

defimpl Describe, for: Bank do
  def describe(%Bank{owner: owner, balance: balance}), do: "#{owner} has #{balance}"
end

defimpl Describe, for: List do
  def describe(list), do: "a list of #{length(list)}"
end

names = %{x: 3.0, half: 0.5}

for line <- IO.stream(:stdio, :line), line = String.trim(line), line != "" do
  result =
    try do
      line |> Token.split() |> Formula.postfix() |> Formula.evaluate(names) |> Float.round(3)
    rescue
      error in [KeyError, MatchError, ArithmeticError] -> error.__struct__
    catch
      problem -> problem
    end

  IO.puts("#{String.pad_trailing(line, 18)}#{inspect(result)}")
end

{:ok, bank} = Bank.start("Ada")
1..10 |> Enum.map(fn n -> Task.async(fn -> Bank.pay(bank, n * n) end) end) |> Task.await_many()
Enum.each([Bank.state(bank), [1, 2]], &IO.puts(Describe.describe(&1)))

Stream.unfold({0, 1}, fn {a, b} -> {a, {b, a + b}} end)
|> Stream.filter(&(rem(&1, 2) == 0))
|> Enum.take(10)
|> IO.inspect(label: "even", charlists: :as_lists)

words = ~w(pear fig apple kiwi plum)
IO.inspect(Enum.group_by(words, &String.length/1) |> Enum.sort(:desc))
with {:ok, date} <- Date.from_iso8601("2024-02-28"), do: IO.puts(Date.add(date, 2))
