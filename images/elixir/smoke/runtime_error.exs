defmodule Calculator do
  def divide(a, b), do: div(a, b)
end

IO.puts(Calculator.divide(1, 0))
