<?php
function average(array $numbers): float
{
    return array_sum($numbers) / count($numbers);
}

echo average([]), "\n";
